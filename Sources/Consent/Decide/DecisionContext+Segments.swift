public import FHIRModel

extension DecisionContext {
    /// The answer to the request as a whole, with the obligations of what is really released.
    ///
    /// A notice that belongs to substance-use records does not travel with an answer that holds none.
    ///
    /// - Parameter released: The segments whose records may be in the answer.
    /// - Returns: The decision of ``decision(for:)`` for the whole request; its obligations are those of
    ///   the given segments, each once.
    public func decision(
        releasing released: [(category: DataCategory, labels: LabelSet)]
    ) -> Decision {
        let whole = decision()
        guard whole.effect == .permit else { return whole }
        let due = released.reduce(UInt64(0)) { bits, segment in
            let record = RecordAttributes(category: segment.category, labels: segment.labels)
            return bits | decision(for: record).due
        }
        return whole.with(due: due)
    }
}
