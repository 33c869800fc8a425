/// Where an incident stands; the order is the order of the work.
///
/// Source: the protocol's states S0 to S12 (docs/breach-response.md).
public enum IncidentState: String, Sendable, Hashable, CaseIterable, Comparable {
    /// S0: nothing has happened; drills, contacts and templates are kept fresh.
    case ready
    /// S1: somebody said something; the discovery clock runs.
    case reported
    /// S2: looked at by the privacy officer, and no false alarm.
    case triaged
    /// S3: an incident with roles, a need-to-know list and a retention freeze.
    case declared
    /// S4: the way in is closed.
    case contained
    /// S5: the log's head is anchored and every item has a custody line.
    case preserved
    /// S6: the three sets are certified and a second person got the same digest.
    case scoped
    /// S7: the four factors and the risk levels are assessed.
    case assessed
    /// S8: notify or not, per law, with two signatures.
    case decided
    /// S9: letters are under way.
    case notifying
    /// S10: the authorities have acknowledged.
    case reportedOut = "reported-out"
    /// S11: causes are being removed.
    case remediating
    /// S12: closed, with the after-action report.
    case closed
    /// R: new facts on a closed case; the next scope is version N + 1.
    case reopened

    /// Orders states by the work; `reopened` stands before a new scope.
    ///
    /// - Parameters:
    ///   - left: One state.
    ///   - right: Another.
    /// - Returns: Whether `left` comes first.
    public static func < (left: IncidentState, right: IncidentState) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        self == .reopened ? 5 : IncidentState.allCases.firstIndex(of: self) ?? 0
    }
}

/// What a person does to an incident; the raw values are the commands.
public enum IncidentEvent: String, Sendable, Hashable, CaseIterable {
    /// Somebody reports.
    case report
    /// The privacy officer sorts it.
    case triage
    /// False alarm, with reasons.
    case dismiss
    /// The commander declares an incident.
    case declare
    /// The way in is closed.
    case contain
    /// Evidence is anchored.
    case preserve
    /// The scope is certified, in a first or a further version.
    case scope
    /// The risk is assessed.
    case assess
    /// Notify or not.
    case decide
    /// Letters go out.
    case notify
    /// Acknowledgements are filed.
    case reportOut = "report-out"
    /// Corrective action begins.
    case remediate
    /// The case is closed.
    case close
    /// Law enforcement asks for delay.
    case hold
    /// The hold ends early.
    case release
    /// New facts on a closed case.
    case reopen
    /// The commander changes who has which role.
    case roster
    /// One item of evidence with its custody line.
    case evidence
    /// A filing with an authority ahead of the letters, such as the first phase of 72 hours.
    case file
    /// What became of letters: sent, delivered, returned, or told in another way.
    case deliver
    /// Something to be remembered.
    case note
    /// An earlier record was wrong; it stays, and this says what is right.
    case correct
}

/// The part a person plays in an incident.
public enum IncidentRole: String, Sendable, Hashable, CaseIterable {
    /// Anybody at all, a detector or a patient included.
    case reporter
    /// Privacy officer.
    case privacyOfficer = "privacy-officer"
    /// Leads the response.
    case commander
    /// Contains and preserves.
    case securityEngineer = "security-engineer"
    /// Keeps the record.
    case scribe
    /// Lawyer.
    case counsel
    /// Speaks with the persons, the press and the staff.
    case communications
    /// Owns the system that failed.
    case systemOwner = "system-owner"
    /// Reviews what the others did.
    case reviewer
}

/// How much ceremony an incident gets; preservation and scope are never left out.
public enum IncidentLane: String, Sendable, Hashable, CaseIterable {
    /// Every state.
    case full
    /// One or two patients: declaration and containment are left out.
    case fast

    /// Most patients of a fast-lane incident.
    public static let fastPatientCount: Int64 = 2
}
