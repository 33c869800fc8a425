internal import Synchronization
internal import VaultCore

/// Opens record versions that were sealed under one write key.
public struct RecordOpener: Sendable {
    private let cobblestone: Cobblestone

    /// Prepares a write key.
    ///
    /// - Parameter writeKey: The key of one epoch of one segment; see ``KeyHierarchy``.
    /// - Throws: ``SealingError/memoryNotLocked``.
    public init(writeKey: SecretKey) throws(SealingError) {
        cobblestone = try Cobblestone(key: writeKey)
    }

    /// Opens a sealed version; nothing is returned unless all of it is authentic and well laid out.
    ///
    /// - Parameters:
    ///   - sealed: The sealed version.
    ///   - location: Where it was found.
    /// - Returns: The record's JSON as received; wipe it when done (``Wiping``).
    /// - Throws: ``SealingError/authenticationFailed`` for a wrong key or place or altered bytes,
    ///   ``SealingError/unsupportedVersion(_:)``, ``SealingError/unknownDictionary(_:)``,
    ///   ``SealingError/tooLarge(byteCount:)``, ``SealingError/malformedContents`` or
    ///   ``SealingError/outOfMemory``.
    public func open(
        _ sealed: UnsafeRawBufferPointer,
        at location: RecordLocation
    ) throws(SealingError) -> [UInt8] {
        guard let version = unsafe sealed.first else { throw .authenticationFailed }
        guard version == RecordSealer.formatVersion else { throw .unsupportedVersion(version) }
        let body = unsafe UnsafeRawBufferPointer(rebasing: sealed[1...])
        guard let byteCount = Cobblestone.openedByteCount(of: body.count) else {
            throw .authenticationFailed
        }
        guard byteCount <= RecordContents.maximumByteCount else {
            throw .tooLarge(byteCount: byteCount)
        }
        return try SealingWorkspace.lend { workspace throws(SealingError) in
            let buffer = unsafe try workspace.buffer(byteCount: byteCount)
            try unsafe location.lendEncoded { context throws(SealingError) in
                try unsafe cobblestone.open(body, context: context, into: buffer)
            }
            return try unsafe RecordContents.record(
                in: UnsafeRawBufferPointer(buffer),
                workspace: workspace
            )
        }
    }

    /// Opens a sealed version; nothing is returned unless all of it is authentic and well laid out.
    ///
    /// - Parameters:
    ///   - sealed: The sealed version.
    ///   - location: Where it was found.
    /// - Returns: The record's JSON as received; wipe it when done (``Wiping``).
    /// - Throws: As the form that takes a buffer.
    public func open(
        _ sealed: [UInt8],
        at location: RecordLocation
    ) throws(SealingError) -> [UInt8] {
        try unsafe Bytes.lend(sealed) { sealed throws(SealingError) in
            try unsafe open(sealed, at: location)
        }
    }
}

/// Opens record versions of all epochs of one segment: what a grant's read key is for.
public final class SegmentOpener: Sendable {
    // Import sessions are few; a segment written by very many of them just derives again.
    private static let keptEpochCount = 64

    private let deriver: KeyDeriver
    private let openers = Mutex<[Epoch: RecordOpener]>([:])

    /// Prepares a read key.
    ///
    /// - Parameter readKey: The key of one segment; see ``KeyHierarchy``.
    /// - Throws: ``SealingError/memoryNotLocked``.
    public init(readKey: SecretKey) throws(SealingError) {
        deriver = try KeyDeriver(key: readKey)
    }

    /// Opens a sealed version of any epoch.
    ///
    /// - Parameters:
    ///   - sealed: The sealed version.
    ///   - location: Where it was found; its epoch says which write key it needs.
    /// - Returns: The record's JSON as received; wipe it when done (``Wiping``).
    /// - Throws: As ``RecordOpener/open(_:at:)``, or ``SealingError/memoryNotLocked``.
    public func open(
        _ sealed: UnsafeRawBufferPointer,
        at location: RecordLocation
    ) throws(SealingError) -> [UInt8] {
        try unsafe opener(for: location.epoch).open(sealed, at: location)
    }

    /// Opens a sealed version of any epoch.
    ///
    /// - Parameters:
    ///   - sealed: The sealed version.
    ///   - location: Where it was found; its epoch says which write key it needs.
    /// - Returns: The record's JSON as received; wipe it when done (``Wiping``).
    /// - Throws: As ``RecordOpener/open(_:at:)``, or ``SealingError/memoryNotLocked``.
    public func open(
        _ sealed: [UInt8],
        at location: RecordLocation
    ) throws(SealingError) -> [UInt8] {
        try opener(for: location.epoch).open(sealed, at: location)
    }

    private func opener(for epoch: Epoch) throws(SealingError) -> RecordOpener {
        if let known = openers.withLock({ $0[epoch] }) { return known }
        let writeKey = try deriver.derive(label: "epoch", context: epoch.bytes)
        let made = try RecordOpener(writeKey: writeKey)
        openers.withLock {
            if $0.count >= Self.keptEpochCount { $0.removeAll(keepingCapacity: true) }
            $0[epoch] = made
        }
        return made
    }
}
