internal import Consent
internal import VaultCore

/// What can be asked over a wire; the raw value is in the first byte of a message and never changes.
enum GuardOperation: UInt8, CaseIterable {
    case hello = 1
    case time = 2
    case checkpoint = 3
    case status = 4
    case witnessRequest = 5
    case register = 10
    case disable = 11
    case principals = 12
    case openSession = 13
    case registerClient = 14
    case disableClient = 15
    case clients = 16
    case stateRoster = 17
    case roster = 18
    case enrolSubject = 19
    case release = 20
    case recordDisclosure = 21
    case permits = 22
    case directoryTags = 23
    case find = 24
    case standing = 25
    case recordTags = 26
    case isLive = 27
    case holders = 28
    case isDeleted = 29
    case state = 30
    case withdraw = 31
    case statements = 32
    case statement = 33
    case times = 34
    case releaseDirectory = 35
    case beginExport = 36
    case exportable = 37
    case recordFile = 38
    case beginWrite = 40
    case beginConsent = 41
    case holds = 42
    case patientByIdentifier = 43
    case releaseForResealing = 45
    case recordIntent = 46
    case finishWrite = 47
    case abandonWrite = 48
    case openIntents = 49
    case resolve = 50
    case candidates = 51
    case holder = 52
    /// 44 before a write named who stands near a patient.
    case plan = 53
    case entries = 60
    case entry = 61
    case explanation = 62
    case proof = 63
    case historyProof = 64
    case audit = 66
    case auditLog = 67
    case notAccessedProof = 68
    case checkpointChain = 69
    case erase = 70
    case erasedPatients = 71
    case custody = 72
    case setCustody = 73
    case beginKeyRotation = 74
    case rotateNextShard = 75
    case pseudonym = 76
    case recordIncident = 80
    case incidents = 81
    case incidentRecords = 82
    case certify = 83
    case correspondents = 84
    case reviewEmergency = 85
    case seals = 86
    case sealedName = 87
    case applySeal = 88
    case reinstate = 89
    // 90 and 91 gave a token's facts in an earlier form, 92 ended a token.
    case authenticate = 93
    case residents = 94
    case subscribe = 100
    case endSubscription = 101
    case subscriptions = 102
    case changes = 103
    case noteEvents = 104
    case noteDelivery = 105
    case noteEndedConsents = 106
    case subscriptionReferences = 107
    case switchOff = 108
    /// 65 before it had a filter.
    case accessLog = 110
    case setAccount = 120
    case disableAccount = 121
    case accounts = 122
    case signIn = 123
    case signOut = 124
    case issueToken = 125
    case tokenFacts = 126
    case proves = 127
    case exchangeIdentity = 128
    case beginLaunch = 130
    case approveLaunch = 131
    case denyLaunch = 132
    case launchContext = 133
    case exchangeCode = 134
    case refresh = 135
    case revoke = 136
    case refreshFacts = 137
    case authorizedApps = 138
    case withdrawApp = 139
}

/// What a client learns first: which vault and log this is, and the rules, which are no secret.
struct GuardHello: WireValue {
    /// The newest form of messages that this build speaks.
    static let version: UInt8 = 1

    var vault: VaultID
    var origin: String
    var isDemo: Bool
    var policyDigest: String
    var verifierKey: String
    var policies: PolicySet

    init(_ service: any GuardService) {
        vault = service.vault
        origin = service.origin
        isDemo = service.isDemo
        policyDigest = service.policyDigest
        verifierKey = service.verifierKey
        policies = service.policies
    }

    func put(_ out: inout WireWriter) {
        out.put(vault)
        out.put(origin)
        out.put(isDemo)
        out.put(policyDigest)
        out.put(verifierKey)
        out.put(policies)
    }

    init(_ wire: inout WireReader) throws {
        vault = try wire.take()
        origin = try wire.take()
        isDemo = try wire.take()
        policyDigest = try wire.take()
        verifierKey = try wire.take()
        policies = try wire.take()
    }
}
