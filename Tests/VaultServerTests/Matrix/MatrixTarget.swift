/// Whose thing a request is about.
enum MatrixSubject: String {
    /// Nobody's.
    case nobody = "-"
    /// The patient's, whom the columns are about.
    case patient
    /// Another patient's, or what another client made.
    case other
    /// What another client has brought in.
    case imported = "other's import"
    /// What the asking client made itself.
    case own
    /// The patient's, and closed to everybody but its author: a psychotherapist's own notes.
    case hidden
    /// The patient's, asked for as an entry of a Bundle.
    case batch
}

/// Names that stand in a request.
struct MatrixTarget: Sendable {
    var patient: String
    /// An encounter out of the patient's own record.
    var visit: String
    /// An entry of the log about the patient.
    var entry: String
    var job: String
    var file: String
    var subscription: String

    /// Encounters to be changed, one for each request that changes something.
    func plain(_ place: Int) -> String { "\(patient)-plain-\(place)" }

    var group: String { "\(patient)-group" }

    /// The same with names of nothing, each as long as the one in its place.
    var absent: MatrixTarget {
        let nobody = "\(patient.dropLast())0"
        return MatrixTarget(
            patient: nobody,
            visit: visit.replacing(patient, with: nobody),
            entry: "entry-999999",
            job: Self.nothing,
            file: file,
            subscription: Self.nothing
        )
    }

    /// The name of a job, or of a subscription, that is not there.
    static let nothing = String(repeating: "0", count: 32)

    /// A text in which names of this target are those of its absent twin.
    func hidden(in text: String) -> String {
        text.replacing(patient, with: absent.patient).replacing(job, with: absent.job)
            .replacing(subscription, with: absent.subscription)
    }
}
