// Tests of patientvault.
