import Foundation
import VaultCore

/// Real Synthea patients, copied under new ids, so that any number of patients can be made.
///
/// Every UUID of a file is rewritten, alike for alike, except those of the shared directory
/// (practitioners, organizations, places), which all copies refer to.
struct SyntheaCopies {
    /// One file: its bytes, and where the UUIDs to be rewritten begin.
    struct Original {
        var bytes: [UInt8]
        var patient: String
        var places: [Int]
        /// Those of the places where the patient's own id stands.
        var patientPlaces: Set<Int>
        var resources: Int
    }

    let originals: [Original]

    /// Reads all files of a folder.
    init(folder: URL) throws {
        originals = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            .filter { $0.hasSuffix(".json") }
            .compactMap { try Self.original(folder.appending(path: $0)) }
    }

    /// The bundle of patient `number`, with the ids of no other number.
    func bundle(_ number: Int) -> (bytes: [UInt8], patient: FHIRID) {
        let original = originals[number % originals.count]
        var bytes = original.bytes
        for place in original.places { Self.rewrite(&bytes, at: place, number) }
        return (bytes, Self.id(original.patient, number))
    }

    /// The patient with the most resources of all, once more under the same id, with other records.
    func more(_ round: Int) -> (bytes: [UInt8], patient: FHIRID) {
        let original = originals.max { $0.resources < $1.resources } ?? originals[0]
        var bytes = original.bytes
        for place in original.places {
            let isPatient = original.patientPlaces.contains(place)
            Self.rewrite(&bytes, at: place, isPatient ? 9_000_000 : 9_000_000 + round)
        }
        return (bytes, Self.id(original.patient, 9_000_000))
    }

    /// The first 24 bits of a UUID carry the copy's number; a version 4 UUID has 32 random ones there.
    private static func rewrite(_ bytes: inout [UInt8], at place: Int, _ number: Int) {
        let digits = Array("0123456789abcdef".utf8)
        for step in 0..<6 { bytes[place + step] = digits[(number >> (4 * (5 - step))) & 15] }
    }

    private static func id(_ original: String, _ number: Int) -> FHIRID {
        var bytes = Array(original.utf8)
        rewrite(&bytes, at: 0, number)
        guard let id = FHIRID(String(decoding: bytes, as: UTF8.self)) else {
            preconditionFailure("a UUID is a FHIR id")
        }
        return id
    }

    private static func original(_ url: URL) throws -> Original? {
        let data = try Data(contentsOf: url)
        let json = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        let entries = json?["entry"] as? [[String: Any]] ?? []
        var shared: Set<String> = []
        var patient: String?
        for entry in entries {
            guard let resource = entry["resource"] as? [String: Any],
                let type = resource["resourceType"] as? String,
                let id = resource["id"] as? String
            else { continue }
            if type == "Patient" { patient = id }
            if ["Practitioner", "PractitionerRole", "Organization", "Location"].contains(type) {
                shared.insert(id)
            }
        }
        guard let patient else { return nil }
        let bytes = Array(data)
        var places: [Int] = []
        var patientPlaces: Set<Int> = []
        for (place, text) in uuids(bytes) where !shared.contains(text) {
            places.append(place)
            if text == patient { patientPlaces.insert(place) }
        }
        return Original(
            bytes: bytes,
            patient: patient,
            places: places,
            patientPlaces: patientPlaces,
            resources: entries.count
        )
    }

    private static func uuids(_ bytes: [UInt8]) -> [(Int, String)] {
        var found: [(Int, String)] = []
        var start = 0
        func isHex(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
        }
        while start + 36 <= bytes.count {
            let window = bytes[start..<start + 36]
            let fits =
                isHex(bytes[start]) && bytes[start + 8] == 0x2D && bytes[start + 13] == 0x2D
                && bytes[start + 18] == 0x2D && bytes[start + 23] == 0x2D
                && zip(0..., window).allSatisfy { [8, 13, 18, 23].contains($0) || isHex($1) }
            if fits { found.append((start, String(decoding: window, as: UTF8.self))) }
            start += fits ? 36 : 1
        }
        return found
    }
}
