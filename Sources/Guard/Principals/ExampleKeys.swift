internal import VaultCore

/// The public keys of `keys-example/`, which everybody has: only a demo vault accepts them.
enum ExampleKeys {
    static func contains(_ publicKey: [UInt8]) -> Bool {
        known.contains(Base64.encode(publicKey))
    }

    private static let known: Set<String> = [
        "zfXBg62Wsiu7aioYLOvfykRHWsurJiLjEBz6Bh4cTQ0=",
        "aPCrbOy0E8+GJflBrAh/HJO5ru/FGKzmm05Pmx2QjzA=",
        "BesX2JV4f2Nmqqaz8b/Sy6r69D0C5JF/LHvsoYl3dlc=",
        "Ra4E6qSd0nYj8HU/h5NiwlnO98UIaZt7YTINa3PqG1g=",
        "Ww7mrt54xxYGd/Ohw5ubINy/+D4FYAX/jjm5OOYn24M=",
        "xhe/W+MCayZis7P+9as5cJYQwKv16WmCuKRTdmASxHo=",
        "QVWIU+b/uCeDPGmVy0aq6I+zFyxtZfH+HtK/ViYvTiY=",
        "T2g+SZC3cHriL5Qvi9SWnlny8wuo0pL8qmFnylrNMcU=",
        "THGexhHKILKNC+9NzMF15RVzgZ1IFWOpHshQbrmW5CY=",
        "EMWzlL2e7AvA7OkUw3PLdLFOiTrbjOStXKtrlOg5/wc=",
        "lZ7AuS8ZPoj4b2ABqK0O1hWjrU7qZaC+bb+vtCfx6g0=",
        "FAdrm+Zu+4+iW81+cAikzGoI0kixrRPtIOa9qLT76Gk=",
        "XHOGo5I5JnVcUZv/Ajvpq7WgaJ/BGwg3gXh07ZQ1NyI=",
        "0lOFxe91AaYe7At89jALfXUnFzRWfuVCCZ1M9U7+rCg=",
    ]
}
