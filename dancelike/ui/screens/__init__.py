"""One module a screen: widgets that show a view-model and hand it what people do."""
