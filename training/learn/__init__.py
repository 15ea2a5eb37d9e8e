"""Training the body-part network: the network, its batches, the loop, and the page of curves.

Keras 3 on whatever back end is installed: PyTorch is three to five times faster than TensorFlow on these processors
and is chosen where both are there; ``KERAS_BACKEND`` decides otherwise.
"""
