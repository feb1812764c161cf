"""The calendar application. Only its AI layer is here."""
