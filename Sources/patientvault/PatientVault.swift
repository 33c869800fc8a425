@main struct PatientVault { static func main() {} }
