"""Permission: the gate that every request passes, hosts, logins and security headers."""
