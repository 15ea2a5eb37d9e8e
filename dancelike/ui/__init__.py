"""The window: view-models that know no widgets, screens that show them, one bridge from the pipeline to the screen."""
