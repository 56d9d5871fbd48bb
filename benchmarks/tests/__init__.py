"""Tests of the measuring itself: they run without wrk unless they say so."""
