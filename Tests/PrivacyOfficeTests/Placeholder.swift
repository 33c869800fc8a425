// Tests of PrivacyOffice.
