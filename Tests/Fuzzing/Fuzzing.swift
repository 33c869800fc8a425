import Foundation
import VaultCore

// vault-fuzz TARGET [libFuzzer's options] [CORPUS…]: hostile bytes for one parser, chosen by how far they get.
//
// libFuzzer's flags must be in every module, so this program is only there where FUZZ is set; `Scripts/fuzz` builds and
// runs it. What must hold of every input: no trap, no endless loop, bounded memory, and where a form has one
// text only, that what was read is written back as the same bytes.

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ each: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// What the bytes go to; set once, before the first.
nonisolated(unsafe) private var target: ([UInt8]) -> Void = { _ in }

/// The program's beginning: SwiftPM names it so.
@_cdecl("vault_fuzz_main")
public func begin(
    _ count: Int32,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> Int32 {
    guard count > 1, let name = arguments[1].map({ String(cString: $0) }),
        let chosen = FuzzTarget.all[name]
    else {
        print(FuzzTarget.all.keys.sorted().joined(separator: "\n"))
        return 2
    }
    target = chosen
    // libFuzzer does not know the target's name.
    arguments[1] = arguments[0]
    var rest = count - 1
    var shifted: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = arguments + 1
    return runDriver(&rest, &shifted) { bytes, count in
        target(Array(UnsafeBufferPointer(start: bytes, count: count)))
        return 0
    }
}

/// libFuzzer's own beginning asks for it; nobody calls it.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    target(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
