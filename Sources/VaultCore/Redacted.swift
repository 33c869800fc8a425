/// Holds a value that must never appear in a log, message or crash report.
///
/// Printing, interpolating or reflecting it gives `<redacted>`; only ``reveal()`` gives the value.
public struct Redacted<Value: Sendable>: Sendable, CustomStringConvertible,
    CustomDebugStringConvertible, CustomReflectable
{
    private let value: Value

    /// Wraps a sensitive value.
    ///
    /// - Parameter value: What must not be printed.
    public init(_ value: Value) {
        self.value = value
    }

    /// Returns the value; every call site is a place where plaintext is handled on purpose.
    ///
    /// - Returns: The wrapped value.
    public func reveal() -> Value { value }

    /// Always `<redacted>`.
    public var description: String { "<redacted>" }

    /// Always `<redacted>`.
    public var debugDescription: String { "<redacted>" }

    /// A mirror without children, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension Redacted: Equatable where Value: Equatable {}
extension Redacted: Hashable where Value: Hashable {}
