"""From Keras to TensorFlow Lite: conversion, metadata, parity, and which delegate takes which operator."""
