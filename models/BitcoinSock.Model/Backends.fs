namespace BitcoinSock.Model

open System
open System.Net.Sockets
open BitcoinSock

/// The far end of a real pair.
type SockPeer(far: Sock) =

    /// Has close(2) reset the connection: SO_LINGER, on, for no time. It leaves no port waiting.
    static member ResetOnClose(sock: Sock) =
        // Of this option the base library's name stands for a structure; the numbers are the
        // system's.
        let struct (level, name, size) =
            if OperatingSystem.IsLinux() then
                struct (1, 13, 8)
            elif OperatingSystem.IsWindows() then
                struct (0xffff, 0x80, 4)
            else
                struct (0xffff, 0x80, 8)

        let linger = Array.zeroCreate size
        linger[0] <- 1uy

        sock.SetSockOpt(level, name, ReadOnlySpan linger).ThrowIfError "setsockopt"
        |> ignore

    interface IPeer with
        member _.Write data =
            max 0 (far.Send(data, SockFlags.DontWait ||| SockFlags.NoSignal).Count)

        member _.Read buffer =
            far.Recv(buffer, SockFlags.DontWait).Count

        member _.ShutdownSend() = far.ShutdownSend() |> ignore

        member _.Reset() =
            SockPeer.ResetOnClose far
            far.Dispose()

        member _.Dispose() = far.Dispose()

/// The backends of this library, ready to be checked.
[<RequireQualifiedAccess>]
module Backends =

    /// Sock over a pair of this family, waited for in this way.
    let sock (family: AddressFamily) (mechanism: WaitMechanism) =
        let create () =
            let struct (near, far) = Sock.CreatePair family
            near.Mechanism <- mechanism

            if family <> AddressFamily.Unix then
                // No small chunk waits for the acknowledgement of the one before.
                for each in [ near; far ] do
                    each.SetSockOpt(SocketOptionLevel.Tcp, SocketOptionName.NoDelay, 1) |> ignore

            let discard () =
                if family <> AddressFamily.Unix then
                    SockPeer.ResetOnClose near

            new BackendPair(near, new SockPeer(far), discard)

        let capabilities =
            Capabilities.HalfClose
            ||| Wine.wakeable
            ||| Capabilities.BlockingMode
            ||| Capabilities.BoundedSend
            ||| Capabilities.Descriptor
            ||| (if family = AddressFamily.Unix then
                     Capabilities.None
                 else
                     Wine.reset)

        let kind = if family = AddressFamily.Unix then "unix" else "tcp"
        Backend($"Sock-{kind}-{(string mechanism).ToLowerInvariant()}", create, capabilities)

    /// The base library's socket, over TCP.
    let managed =
        let create () =
            let struct (near, far) = Sock.CreatePair AddressFamily.InterNetwork

            for each in [ near; far ] do
                each.SetSockOpt(SocketOptionLevel.Tcp, SocketOptionName.NoDelay, 1) |> ignore

            let near = near.ToSocket()

            let discard () =
                near.LingerState <- LingerOption(true, 0)

            new BackendPair(new ManagedSock(near), new SockPeer(far), discard)

        Backend(
            "ManagedSock",
            create,
            (sock AddressFamily.InterNetwork WaitMechanism.Poll).Capabilities
        )

    /// The model itself.
    let simulated =
        let create () =
            let sock = SimulatedSock(Channel.create [||] 65536)
            new BackendPair(sock, new SimulatedPeer(sock))

        Backend(
            "SimulatedSock",
            create,
            Capabilities.HalfClose ||| Capabilities.Reset ||| Capabilities.BoundedSend
        )

    /// All that this system has.
    let all =
        [
            for family in [ AddressFamily.Unix; AddressFamily.InterNetwork ] do
                if family <> AddressFamily.Unix || not (OperatingSystem.IsWindows()) then
                    for mechanism in [ WaitMechanism.Poll; WaitMechanism.Select ] do
                        sock family mechanism
            managed
            StreamBackends.tcp
            // Wine 8 makes no key for a certificate.
            if not Wine.isHere then
                StreamBackends.tls
            StreamBackends.pipe
            simulated
        ]
