internal import VaultCore

/// What a breach letter to one person says beside its template's words.
///
/// The elements are those of 45 CFR 164.404(c): what happened with its dates, the kinds of data, what the
/// person can do, what is being done, and whom to ask.
public struct LetterFacts: Sendable, Hashable {
    /// First and last day of the window, and the day of the discovery, `2026-03-02`.
    public struct Days: Sendable, Hashable {
        /// First day on which it can have happened.
        public var from: String
        /// Last day.
        public var until: String
        /// The day on which anybody of ours first knew.
        public var discovered: String

        /// Names the days.
        ///
        /// - Parameters:
        ///   - from: First day.
        ///   - until: Last day.
        ///   - discovered: The day of the discovery.
        public init(from: String, until: String, discovered: String) {
            self.from = from
            self.until = until
            self.discovered = discovered
        }
    }

    /// In whose stead somebody gets the letter.
    public enum Stead: String, Sendable, Hashable, CaseIterable {
        /// The patient's own.
        case none
        /// Of a minor: parent or guardian.
        case minor
        /// Of a person who has died: kin or representative.
        case late
    }

    /// The patient's name.
    public var patient: String
    /// To whom it goes; the patient's name where that is the patient, empty for a parent or guardian whom
    /// nobody knows.
    public var addressee: String
    /// Lines of the postal address.
    public var address: [String]
    /// In whose stead the addressee gets it.
    public var stead: Stead
    /// Kind of the suspicion, as ``Suspicion/document`` writes it.
    public var suspicion: String
    /// When it happened and was discovered.
    public var days: Days
    /// Whether it is proven that something was read.
    public var isAccessed: Bool
    /// Data categories; never the sensitivity labels.
    public var categories: [String]
    /// What the laws of this person add; ids of ``LetterTemplate``'s extras, in order.
    public var extras: [String] = []
    /// Statutory words by extra id, to stand as they are.
    public var statutory: [String: String] = [:]
    /// Headings that a law sets, by part; `title` for the subject.
    public var lawHeadings: [String: String] = [:]
    /// Who got the information, where the law wants that named and it is known.
    public var recipient: String?
    /// Who writes.
    public var sender: String
    /// Address, telephone or the like to ask at.
    public var contact: String
    /// The letter's date, `2026-03-09`.
    public var date: String
    /// Lines for the officer, printed in a box at the top of a draft; empty where it may go out.
    public var notes: [String] = []

    /// Collects what a letter says.
    ///
    /// - Parameters:
    ///   - patient: The patient's name.
    ///   - addressee: To whom it goes.
    ///   - address: Lines of the postal address.
    ///   - stead: In whose stead.
    ///   - suspicion: Kind of the suspicion.
    ///   - days: When it happened and was discovered.
    ///   - isAccessed: Whether it is proven that something was read.
    ///   - categories: Data categories.
    ///   - sender: Who writes.
    ///   - contact: Where to ask.
    ///   - date: The letter's date.
    public init(
        patient: String,
        addressee: String,
        address: [String],
        stead: Stead = .none,
        suspicion: String,
        days: Days,
        isAccessed: Bool,
        categories: [String],
        sender: String,
        contact: String,
        date: String
    ) {
        self.patient = patient
        self.addressee = addressee
        self.address = address
        self.stead = stead
        self.suspicion = suspicion
        self.days = days
        self.isAccessed = isAccessed
        self.categories = categories
        self.sender = sender
        self.contact = contact
        self.date = date
    }
}
