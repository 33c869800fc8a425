import Foundation
import Sealing
import Synchronization
import VaultCore

/// Times, percentiles, memory and the disk's own speed.
enum Measure {
    /// Seconds that a piece of work takes.
    static func seconds(_ work: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try work()
        return Self.seconds(ContinuousClock.now - start)
    }

    /// Seconds of processor time of all threads that a piece of work takes: what it costs, however busy
    /// the machine is with other things.
    static func coreSeconds(_ work: () throws -> Void) rethrows -> Double {
        let start = processorTime()
        try work()
        return processorTime() - start
    }

    static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Processes that want a core, averaged over a minute.
    static var load: String {
        let text = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? ""
        return text.split(separator: " ").first.map(String.init) ?? "unknown"
    }

    static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }

    /// Seconds of each of several runs, ascending.
    static func runs(_ count: Int, _ work: (Int) throws -> Void) rethrows -> [Double] {
        var found: [Double] = []
        for run in 0..<count { found.append(try seconds { try work(run) }) }
        return found.sorted()
    }

    /// Seconds of an append of 1 KiB with fdatasync, in the folder that holds the vault.
    static func flushes(in folder: URL, count: Int = 200) -> [Double] {
        let path = folder.appending(path: "flush").path
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer {
            close(file)
            unlink(path)
        }
        let block = [UInt8](repeating: 0x55, count: 1_024)
        return runs(count) { _ in
            _ = write(file, block, block.count)
            fdatasync(file)
        }
    }

    /// Forgets the process's highest memory so far, so that the next reading is of one step.
    static func resetPeak() {
        // What was freed before is no part of what comes, and a Guard gives it back by itself.
        FreedMemory.giveBack()
        let file = open("/proc/self/clear_refs", O_WRONLY)
        if file >= 0 {
            _ = write(file, "5", 1)
            close(file)
        }
    }

    /// Highest resident memory since ``resetPeak()``, in MB.
    static func peakMB() -> Double {
        let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") where line.hasPrefix("VmHWM:") {
            return Double(line.split(separator: " ").dropFirst().first ?? "0").map { $0 / 1_000 }
                ?? 0
        }
        return 0
    }

    /// Bytes of all files of a folder.
    static func bytes(in folder: URL) -> Int {
        let files = FileManager.default.enumerator(
            at: folder,
            includingPropertiesForKeys: [.fileSizeKey]
        )
        return (files?.allObjects as? [URL] ?? []).reduce(0) {
            $0 + ((try? $1.resourceValues(forKeys: [.fileSizeKey]))?.fileSize ?? 0)
        }
    }

    /// Processor and system in one line.
    static var machine: String {
        let cpu = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let name = cpu.split(separator: "\n").first { $0.hasPrefix("model name") }
            .flatMap { $0.split(separator: ":").last }
            .map { $0.trimmingCharacters(in: .whitespaces) }
        let info = ProcessInfo.processInfo
        return "\(name ?? "unknown processor"), \(info.activeProcessorCount) cores, "
            + "\(info.physicalMemory >> 30) GiB, \(info.operatingSystemVersionString)"
    }
}

extension [Double] {
    /// A percentile of ascending values.
    func percentile(_ share: Double) -> Double {
        isEmpty ? 0 : self[Swift.min(count - 1, Int(Double(count) * share))]
    }

    var median: Double { percentile(0.5) }
}
