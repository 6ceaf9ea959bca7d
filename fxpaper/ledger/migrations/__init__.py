"""Every version of the tables, as steps from one to the next. Released steps never change."""
