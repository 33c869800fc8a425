// swift-tools-version: 6.2
import PackageDescription

// One target is one room of the design (docs/design/rooms.md). An arrow that is not drawn here does not compile.
//
// `ONLY=MerkleLog swift test` builds and tests just that room and what it stands on, so that a pure
// target answers in seconds instead of minutes.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
/// RSA of web tokens.
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
/// SQLite's own functions, for the rows that GRDB's types would slow down.
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
]
let arguments: Target.Dependency = .product(
    name: "ArgumentParser",
    package: "swift-argument-parser"
)

let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdHTTP2: Target.Dependency = .product(
    name: "HummingbirdHTTP2",
    package: "hummingbird"
)

/// A room: its library target and, where there is one, its test target.
struct Room {
    var name: String
    var rooms: [String] = []
    var packages: [Target.Dependency] = []
    var kind: Target.TargetType = .regular
    var settings: [SwiftSetting] = []
    var testRooms: [String]? = []
    var testPackages: [Target.Dependency] = []
    var testExclude: [String] = []
    var exclude: [String] = []
    /// Its folder, where that is not `Sources/<name>`.
    var path: String?
}

var rooms: [Room] = [
    Room(name: "VaultCore", testRooms: ["VaultTestSupport"]),
    Room(
        name: "Sealing",
        rooms: ["VaultCore", "CSodium", "CZstd"],
        packages: [crypto, cryptoExtras],
        settings: [.strictMemorySafety()],
        testRooms: ["VaultTestSupport"],
        testPackages: [crypto],
        testExclude: ["Vectors"],
        exclude: ["Dictionaries/README.md"]
    ),
    Room(
        name: "MerkleLog",
        rooms: ["VaultCore"],
        packages: [crypto],
        testRooms: ["VaultTestSupport"],
        testPackages: [crypto],
        testExclude: ["Vectors"]
    ),
    Room(name: "FHIRModel", rooms: ["VaultCore"], testRooms: ["VaultTestSupport"]),
    Room(
        name: "Consent",
        rooms: ["VaultCore", "FHIRModel"],
        packages: [yams],
        testRooms: ["VaultTestSupport"],
        testPackages: [yams]
    ),
    Room(
        name: "Guard",
        rooms: ["VaultCore", "Sealing", "MerkleLog", "FHIRModel", "Consent"],
        testRooms: ["VaultTestSupport"]
    ),
    Room(
        name: "GuardStore",
        rooms: ["VaultCore", "MerkleLog", "Guard"],
        packages: [grdb, sqlite],
        testRooms: ["VaultTestSupport", "Sealing", "Consent", "FHIRModel"]
    ),
    Room(
        name: "GuardLink",
        rooms: ["VaultCore", "Sealing", "Guard"],
        packages: nio,
        testRooms: ["VaultTestSupport", "GuardStore", "Consent", "FHIRModel", "MerkleLog"]
    ),
    Room(
        name: "Records",
        rooms: ["VaultCore"],
        packages: [grdb, sqlite],
        testRooms: ["VaultTestSupport"],
        testPackages: [sqlite]
    ),
    Room(
        name: "Vault",
        rooms: [
            "VaultCore", "Sealing", "MerkleLog", "FHIRModel", "Consent", "Guard", "Records",
            "BreachResponse",
        ],
        testRooms: ["VaultTestSupport", "GuardStore"]
    ),
    Room(
        name: "PrivacyOffice",
        rooms: ["VaultCore", "Consent", "Guard"],
        testRooms: ["VaultTestSupport"]
    ),
    Room(
        name: "BreachResponse",
        rooms: ["VaultCore", "MerkleLog"],
        packages: [mustache],
        testRooms: ["VaultTestSupport"]
    ),
    Room(name: "FHIRSearch", rooms: ["VaultCore", "FHIRModel"], testRooms: ["VaultTestSupport"]),
    Room(
        name: "Outbound",
        rooms: ["VaultCore", "Guard"],
        packages: nio + [.product(name: "NIOHTTP1", package: "swift-nio")],
        testRooms: ["VaultTestSupport"]
    ),
    Room(
        name: "VaultServer",
        rooms: ["VaultCore", "FHIRModel", "Consent", "Guard", "FHIRSearch", "Vault", "Outbound"],
        packages: [hummingbird, hummingbirdHTTP2],
        testRooms: [
            "VaultTestSupport", "Sealing", "MerkleLog", "GuardStore", "Records", "PrivacyOffice",
        ],
        testPackages: [crypto]
    ),
    Room(
        name: "patientvault",
        rooms: [
            "VaultCore", "Sealing", "MerkleLog", "FHIRModel", "Consent", "Guard", "GuardStore",
            "GuardLink", "Records", "Vault", "PrivacyOffice", "BreachResponse", "VaultServer",
            "Outbound",
        ],
        packages: [arguments],
        kind: .executable,
        testRooms: ["VaultTestSupport"],
        testPackages: [crypto]
    ),
    Room(
        name: "vault-benchmark",
        rooms: [
            "VaultCore", "Sealing", "MerkleLog", "FHIRModel", "Consent", "Guard", "GuardStore",
            "GuardLink", "Records", "Vault", "BreachResponse",
        ],
        kind: .executable,
        testRooms: nil,
        exclude: ["Policy"],
        path: "Benchmarks"
    ),
    Room(
        name: "GuardSimulation",
        rooms: ["VaultCore", "Sealing", "MerkleLog", "FHIRModel", "Consent", "Guard"],
        packages: [crypto],
        path: "Tests/GuardSimulation"
    ),
    Room(
        name: "vault-simulation",
        rooms: ["GuardSimulation"],
        kind: .executable,
        testRooms: nil,
        path: "Tests/GuardSimulationProgram"
    ),
    Room(
        name: "policy-benchmark",
        rooms: ["VaultCore", "FHIRModel", "Consent"],
        kind: .executable,
        testRooms: nil,
        path: "Benchmarks/Policy"
    ),
]

/// libFuzzer's flags must be in every module, so its program is there only where `Scripts/fuzz` asks for it.
if Context.environment["FUZZ"] != nil {
    rooms.append(
        Room(
            name: "vault-fuzz",
            rooms: [
                "VaultCore", "Sealing", "MerkleLog", "FHIRModel", "FHIRSearch", "Consent", "Guard",
                "GuardSimulation",
            ],
            kind: .executable,
            testRooms: nil,
            path: "Tests/Fuzzing"
        )
    )
}

let wanted = Context.environment["ONLY"].map { $0.split(separator: ",").map(String.init) }
let byName = Dictionary(uniqueKeysWithValues: rooms.map { ($0.name, $0) })

/// All rooms a build of `names` stands on, themselves included.
@MainActor func closure(of names: [String]) -> Set<String> {
    var found: Set<String> = []
    var open = names
    while let name = open.popLast() {
        guard found.insert(name).inserted, let room = byName[name] else { continue }
        open += room.rooms + (room.testRooms ?? [])
    }
    return found
}

let kept = wanted.map { closure(of: $0) }

var targets: [Target] = [
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .target(
        name: "VaultTestSupport",
        dependencies: ["VaultCore"],
        path: "Tests/VaultTestSupport",
        swiftSettings: strict
    ),
]
for room in rooms where kept?.contains(room.name) ?? true {
    let dependencies = room.rooms.map { Target.Dependency(stringLiteral: $0) } + room.packages
    let settings = strict + room.settings
    switch room.kind {
    case .executable:
        targets.append(
            .executableTarget(
                name: room.name,
                dependencies: dependencies,
                path: room.path,
                exclude: room.exclude,
                swiftSettings: settings
            )
        )
    default:
        targets.append(
            .target(
                name: room.name,
                dependencies: dependencies,
                path: room.path,
                exclude: room.exclude,
                swiftSettings: settings
            )
        )
    }
    if let testRooms = room.testRooms, wanted?.contains(room.name) ?? true {
        targets.append(
            .testTarget(
                name: "\(room.name)Tests",
                dependencies: [Target.Dependency(stringLiteral: room.name)]
                    + (room.rooms + testRooms).filter { !$0.hasPrefix("C") || $0 == "Consent" }
                    .map { Target.Dependency(stringLiteral: $0) } + room.testPackages,
                exclude: room.testExclude,
                swiftSettings: strict
            )
        )
    }
}

/// The web server's packages are many: fetched only where a room that is built needs them.
let webPackages: [Package.Dependency] =
    kept?.contains("VaultServer") ?? true
    ? [.package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1")] : []

let package = Package(
    name: "PatientVault",
    platforms: [.macOS(.v15)],
    dependencies: webPackages + [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: targets,
    swiftLanguageModes: [.v6]
)
