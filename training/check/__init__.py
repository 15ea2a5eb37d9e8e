"""How good a network is: figures over labelled pictures, and the page that shows where it fails. No TensorFlow here."""
