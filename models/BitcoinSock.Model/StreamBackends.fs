namespace BitcoinSock.Model

open System
open System.IO
open System.IO.Pipes
open System.Net.Security
open System.Net.Sockets
open System.Security.Cryptography
open System.Security.Cryptography.X509Certificates
open System.Threading.Tasks
open BitcoinSock

/// The far end of a pair of streams.
type private StreamPeer(far: StreamSock, reset: unit -> unit) =
    interface IPeer with
        member _.Write data =
            max 0 (far.Send(data, SockFlags.DontWait).Count)

        member _.Read buffer =
            far.Recv(buffer, SockFlags.DontWait).Count

        member _.ShutdownSend() = far.ShutdownSend() |> ignore
        member _.Reset() = reset ()
        member _.Dispose() = far.Dispose()

/// StreamSock over the streams that people have.
[<RequireQualifiedAccess>]
module internal StreamBackends =

    let private pair (near: Stream) (far: Stream) reset discard =
        let peer = new StreamPeer(new StreamSock(far), reset)
        new BackendPair(new StreamSock(near), peer, discard)

    // Two ends over TCP, a way to reset the connection from the far one, and one to have the near
    // one leave no port.
    let private tcpPair () =
        let struct (near, far) = Sock.CreatePair AddressFamily.InterNetwork
        let near, far = near.ToSocket(), far.ToSocket()

        for each in [ near; far ] do
            each.NoDelay <- true

        let reset () =
            far.LingerState <- LingerOption(true, 0)
            far.Dispose()

        let discard () =
            near.LingerState <- LingerOption(true, 0)

        let ends =
            new NetworkStream(near, ownsSocket = true), new NetworkStream(far, ownsSocket = true)

        ends, reset, discard

    let private capabilities =
        Wine.reset
        ||| Wine.wakeable
        ||| Capabilities.BoundedSend
        ||| Capabilities.Descriptor

    let tcp =
        Backend(
            "StreamSock-tcp",
            (fun () ->
                let (near, far), reset, discard = tcpPair ()
                pair near far reset discard),
            capabilities ||| Capabilities.HalfClose
        )

    // Of nobody, for as long as this process: it says nothing and protects nothing.
    let private certificate =
        lazy
            (use key = ECDsa.Create(ECCurve.NamedCurves.nistP256)
             let name = CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
             let now = DateTimeOffset.UtcNow
             use own = name.CreateSelfSigned(now.AddDays -1.0, now.AddDays 1.0)
             X509CertificateLoader.LoadPkcs12(own.Export X509ContentType.Pfx, null))

    // Made once, without the system's roots: to read them takes longer than a handshake.
    let private serving =
        lazy
            SslServerAuthenticationOptions(
                ServerCertificateContext =
                    SslStreamCertificateContext.Create(certificate.Value, null, offline = true)
            )

    let private trusting =
        lazy
            (let policy = X509ChainPolicy(TrustMode = X509ChainTrustMode.CustomRootTrust)
             policy.CustomTrustStore.Add certificate.Value |> ignore
             policy.RevocationMode <- X509RevocationMode.NoCheck
             policy.DisableCertificateDownloads <- true

             SslClientAuthenticationOptions(
                 TargetHost = "localhost",
                 CertificateChainPolicy = policy
             ))

    /// TLS over TCP, with a real handshake.
    let tls =
        let create () =
            let (near, far), reset, discard = tcpPair ()
            let client, server = new SslStream(near, false), new SslStream(far, false)

            Task.WaitAll(
                server.AuthenticateAsServerAsync serving.Value,
                client.AuthenticateAsClientAsync trusting.Value
            )

            // Behind a handshake come tickets for a next session, and TCP makes a reset of a close
            // on what was not read: they are read on the way to a byte that comes behind them.
            server.WriteByte 0uy
            client.ReadByte() |> ignore

            pair client server reset discard

        Backend("StreamSock-tls", create, capabilities)

    /// A named pipe, which closes both sides at once or none.
    let pipe =
        // Of its own accord Windows gives it none, and a write then ends when it is read.
        let buffer = 65536

        let create () =
            let name = $"bitcoinsock-{Guid.NewGuid():N}"

            let far =
                new NamedPipeServerStream(
                    name,
                    PipeDirection.InOut,
                    1,
                    PipeTransmissionMode.Byte,
                    PipeOptions.Asynchronous,
                    buffer,
                    buffer
                )

            let near =
                new NamedPipeClientStream(".", name, PipeDirection.InOut, PipeOptions.Asynchronous)

            Task.WaitAll(far.WaitForConnectionAsync(), near.ConnectAsync())
            pair near far ignore ignore

        Backend(
            "StreamSock-pipe",
            create,
            Wine.wakeable ||| Capabilities.BoundedSend ||| Capabilities.Descriptor
        )
