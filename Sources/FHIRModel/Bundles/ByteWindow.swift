internal import VaultCore

/// A moving window onto a ``ByteSource``; grows only as far as one record may.
final class ByteWindow {
    private let source: any ByteSource
    private var buffer: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// File offset of the buffer's first byte.
    private var start = 0
    private var count = 0
    private var position = 0

    /// - Parameters:
    ///   - source: Where the bytes come from.
    ///   - capacity: Bytes to hold at first; a record that is larger makes it grow.
    init(_ source: any ByteSource, capacity: Int = 1 << 20) {
        self.source = source
        self.capacity = max(64, min(capacity, source.byteCount + 1))
        buffer = .allocate(capacity: self.capacity)
    }

    deinit { buffer.deallocate() }

    /// File offset of the next byte.
    var offset: Int { start + position }

    private var isLast: Bool { start + count >= source.byteCount }

    /// The next byte without taking it; `nil` at the end of the file.
    func peek() throws(FHIRModelError) -> UInt8? {
        if position == count { try fill() }
        return position < count ? buffer[position] : nil
    }

    /// The next byte that is no white space, without taking it.
    func peekBeyondSpace() throws(FHIRModelError) -> UInt8? {
        while let byte = try peek() {
            guard isJSONSpace(byte) else { return byte }
            position += 1
        }
        return nil
    }

    /// Takes a byte that has been peeked at.
    func take() { position += 1 }

    /// Takes a byte that must come next, white space before it ignored.
    func expect(_ byte: UInt8) throws(FHIRModelError) {
        guard let next = try peekBeyondSpace() else {
            throw .json(.truncated, byteOffset: offset)
        }
        guard next == byte else { throw .json(.unexpectedByte, byteOffset: offset) }
        position += 1
    }

    /// Parses the value that comes next.
    ///
    /// - Parameter parser: Its document of the call before must not be held any more, or memory is not reused.
    /// - Returns: The document; afterwards ``offset`` is the byte after its value.
    /// - Throws: ``FHIRModelError``, places counted from the start of the file.
    func value(_ parser: inout JSONParser) throws(FHIRModelError) -> JSONDocument {
        while true {
            let window = UnsafeBufferPointer(start: buffer + position, count: count - position)
            do throws(FHIRModelError) {
                let (document, end) = try parser.parsePrefix(window)
                // A number at the window's edge may go on behind it.
                if end < window.count || isLast {
                    position += end
                    return document
                }
            } catch {
                guard case .json(.truncated, _) = error, !isLast else {
                    throw error.moved(by: offset)
                }
            }
            try fill()
        }
    }

    /// Moves to a place in the file.
    func seek(to offset: Int) {
        if offset >= start, offset <= start + count {
            position = offset - start
        } else {
            start = offset
            count = 0
            position = 0
        }
    }

    /// Lends bytes from the current place on, without taking them.
    func withBytes<Result>(
        count wanted: Int,
        _ body: (UnsafeBufferPointer<UInt8>) throws(FHIRModelError) -> Result
    ) throws(FHIRModelError) -> Result {
        while count - position < wanted, !isLast { try fill() }
        return try body(
            UnsafeBufferPointer(start: buffer + position, count: min(wanted, count - position))
        )
    }

    /// Drops what has been taken and reads on; grows where nothing could be dropped.
    private func fill() throws(FHIRModelError) {
        if isLast { return }
        if position > 0 {
            buffer.update(from: buffer + position, count: count - position)
            start += position
            count -= position
            position = 0
        }
        if count == capacity { try grow() }
        let free = UnsafeMutableRawBufferPointer(
            start: buffer + count,
            count: min(capacity - count, source.byteCount - start - count)
        )
        let read = try source.read(at: start + count, into: free)
        guard read > 0, read <= free.count else { throw .unreadable(byteOffset: start + count) }
        count += read
    }

    private func grow() throws(FHIRModelError) {
        guard capacity <= Limits.maximumRecordByteCount else {
            throw .json(.tooLarge, byteOffset: start)
        }
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2)
        larger.update(from: buffer, count: count)
        buffer.deallocate()
        buffer = larger
        capacity *= 2
    }
}
