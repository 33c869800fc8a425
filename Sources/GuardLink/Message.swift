internal import Sealing

/// Bytes of one message, zeroed when nobody needs them any more: they may carry keys.
///
/// An array that two places hold would be copied before it is zeroed, and the first would stay.
final class Message: @unchecked Sendable {
    // SAFETY: changes only in `deinit`, when nobody else has it any more.
    private(set) var bytes: [UInt8]

    init(_ bytes: consuming [UInt8]) { self.bytes = bytes }

    deinit { Wiping.wipe(&bytes) }
}
