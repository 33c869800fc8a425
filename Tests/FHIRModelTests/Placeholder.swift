// Tests of FHIRModel.
