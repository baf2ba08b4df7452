"""Where the user meets it: cells, magics, panel and live pictures. Nothing else imports this package."""
