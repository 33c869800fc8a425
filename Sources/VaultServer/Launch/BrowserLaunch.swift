internal import Guard

/// What a browser that an app has sent came for.
struct LaunchErrand: Sendable {
    let launch: Launch
    let redirect: String
    let state: String?
}

/// One browser on its way through an app's launch.
typealias BrowserLaunch = BrowserVisit<LaunchErrand>

extension BrowserLaunch {
    var launch: Launch { errand.launch }
    var redirect: String { errand.redirect }
    var state: String? { errand.state }
}
