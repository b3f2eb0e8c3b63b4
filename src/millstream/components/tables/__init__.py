"""Tables as data: cells, columns, what people's libraries call a table, and what a page may do to one."""
