// Tests of Consent.
