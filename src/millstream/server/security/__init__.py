"""Who may do what: the one gate, hosts, logins and headers."""
