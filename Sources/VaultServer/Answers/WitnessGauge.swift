public import VaultCore

/// How one witness of the vault's log stands, as `/metrics` tells it.
public struct WitnessGauge: Sendable, Hashable {
    /// The witness's name, which is public.
    public var name: String
    /// Whether it cosigned when it was asked last.
    public var isCosigning: Bool
    /// Entries under its last cosignature; 0 for none yet.
    public var entries: UInt64
    /// When it gave that one.
    public var time: Instant?

    /// Describes a witness.
    ///
    /// - Parameters:
    ///   - name: The witness's name.
    ///   - isCosigning: Whether it cosigned when it was asked last.
    ///   - entries: Entries under its last cosignature.
    ///   - time: When it gave that one.
    public init(name: String, isCosigning: Bool, entries: UInt64, time: Instant?) {
        self.name = name
        self.isCosigning = isCosigning
        self.entries = entries
        self.time = time
    }

    private var label: String {
        let escaped = name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "{witness=\"\(escaped)\"}"
    }

    /// Lines in Prometheus's text format; none without a witness.
    static func lines(_ gauges: [WitnessGauge]) -> [String] {
        guard !gauges.isEmpty else { return [] }
        return [
            "# HELP patientvault_witness_cosigning Whether a witness cosigned when asked last.",
            "# TYPE patientvault_witness_cosigning gauge",
        ]
            + gauges.map { "patientvault_witness_cosigning\($0.label) \($0.isCosigning ? 1 : 0)" }
            + [
                "# HELP patientvault_witness_entries Entries under a witness's last cosignature.",
                "# TYPE patientvault_witness_entries gauge",
            ] + gauges.map { "patientvault_witness_entries\($0.label) \($0.entries)" }
            + [
                "# HELP patientvault_witness_timestamp_seconds Time of a witness's last cosignature.",
                "# TYPE patientvault_witness_timestamp_seconds gauge",
            ]
            + gauges.compactMap { gauge in
                gauge.time.map {
                    "patientvault_witness_timestamp_seconds\(gauge.label) "
                        + "\($0.microseconds / 1_000_000)"
                }
            }
    }
}
