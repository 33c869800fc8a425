// Tests of Guard.
