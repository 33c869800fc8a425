public import Foundation
import Testing

/// The real data beside the project (`../shared/data`), read in place and never committed.
public enum SharedData {
    /// The folder, found from this file's place in the checkout; `nil` where it is not there.
    public static let root: URL? = {
        let project = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let data = project.deletingLastPathComponent().appending(path: "shared/data")
        return FileManager.default.fileExists(atPath: data.path) ? data : nil
    }()

    /// Whether tests on real data can run.
    ///
    /// Under CI the absence of the data is a failure, so it answers true there.
    public static var isExpected: Bool {
        if root == nil { print("skipped: ../shared/data is not there") }
        return root != nil || ProcessInfo.processInfo.environment["CI"] == "true"
    }

    /// A file or folder below the data folder.
    ///
    /// - Parameter path: Relative to `../shared/data`.
    /// - Returns: Where it is.
    /// - Throws: ``Missing`` where the data folder is not there.
    public static func url(_ path: String) throws -> URL {
        guard let root else { throw Missing() }
        return root.appending(path: path)
    }

    /// A file's bytes.
    ///
    /// - Parameter path: Relative to `../shared/data`.
    /// - Returns: All of them.
    /// - Throws: ``Missing``, or what Foundation throws when the file cannot be read.
    public static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: try url(path)))
    }

    /// Every regular file below a folder, sorted by path.
    ///
    /// - Parameters:
    ///   - path: Relative to `../shared/data`.
    ///   - suffix: What the names must end with, such as `.json`.
    /// - Returns: The files.
    /// - Throws: ``Missing`` where the data folder is not there.
    public static func files(below path: String, suffix: String) throws -> [URL] {
        let folder = try url(path)
        let names = FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String]
        return (names ?? []).filter { $0.hasSuffix(suffix) }.sorted().map {
            folder.appending(path: $0)
        }
    }

    /// The data folder is not beside the project.
    public struct Missing: Error {}
}
