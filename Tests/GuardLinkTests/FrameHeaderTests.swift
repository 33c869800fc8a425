import Testing

@testable import GuardLink

/// What stands in front of every message.
struct FrameHeaderTests {
    @Test func `a length is four bytes, and none, too many or a missing one is refused`() {
        #expect(FrameHeader.bytes(1) == [0, 0, 0, 1])
        #expect(FrameHeader.bytes(0x0102_0304) == [1, 2, 3, 4])
        #expect(FrameHeader.length([0, 0, 1, 0], limit: 256) == 256)
        #expect(FrameHeader.length([0, 0, 1, 1], limit: 256) == nil)
        #expect(FrameHeader.length([0, 0, 0, 0], limit: 256) == nil)
        #expect(FrameHeader.length([0, 0, 1], limit: 256) == nil)
        #expect(FrameHeader.length([255, 255, 255, 255], limit: 32 << 20) == nil)
    }
}
