internal import FHIRModel
internal import Guard
internal import Vault
internal import VaultCore

extension FHIRCall {
    /// Gives a clinician's system the value of `launch` with which it starts an app for the patient in view.
    ///
    /// The answer is the same for a patient whom nobody knows: what the app may see is decided when it asks.
    /// Source: SMART App Launch 2.2, EHR launch; how a system gets the value is left to it there.
    func launchContext() throws -> HTTPReply {
        guard let text = String(validating: call.body, as: UTF8.self),
            let fields = FormFields(text), let client = fields["client_id"],
            let patient = fields["patient"].flatMap({ FHIRID($0) })
        else { throw Problem.invalid("the form needs `patient` and `client_id`, each once") }
        let launch = try vault.guard.launchContext(
            for: patient,
            client: client,
            by: requester.token,
            context: requester.context
        )
        return server.json(200, ["launch": .string(launch), "iss": .string(base)])
    }
}
