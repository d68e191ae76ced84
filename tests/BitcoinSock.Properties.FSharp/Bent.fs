namespace BitcoinSock.Properties

open System
open System.Net.Sockets
open System.Threading
open System.Threading.Tasks
open BitcoinSock
open BitcoinSock.Model

/// A backend with its calls in a form that is easily bent.
type Bent(sock: ISock, always: SockFlags) =
    new(sock) = new Bent(sock, SockFlags.DontWait)

    abstract Send: byte[] -> SockResult

    default _.Send data =
        sock.Send(ReadOnlySpan data, always ||| SockFlags.NoSignal)

    /// Gives the bytes, or the end, or an error.
    abstract Recv: count: int * isPeek: bool -> Result<byte[], int>

    default _.Recv(count, isPeek) =
        let buffer = Array.zeroCreate count
        let peek = if isPeek then SockFlags.Peek else SockFlags.None
        let result = sock.Recv(Span buffer, always ||| peek)

        if result.IsError then
            Error result.Error
        else
            Ok(Array.truncate result.Count buffer)

    abstract Wait: TimeSpan * SockEvents * CancellationToken -> SockResult * SockEvents

    default _.Wait(timeout, requested, interrupt) =
        let mutable occurred = SockEvents.None
        let result = sock.Wait(timeout, requested, &occurred, interrupt)
        result, occurred

    abstract ShutdownSend: unit -> SockResult
    default _.ShutdownSend() = sock.ShutdownSend()

    abstract IsConnected: unit -> bool * string

    default bent.IsConnected() =
        match bent.Recv(1, true) with
        | Ok [||] -> false, "closed"
        | Error code when NetworkError.IoErrorIsPermanent code -> false, "failed"
        | _ -> true, ""

    abstract Dispose: unit -> unit

    default _.Dispose() =
        match box sock with
        | :? IDisposable as owner -> owner.Dispose()
        | _ -> ()

    interface IDisposable with
        member bent.Dispose() = bent.Dispose()

    interface ISock with
        member _.Clock = sock.Clock
        member bent.Send(data, _) = bent.Send(data.ToArray())

        member bent.Recv(buffer, flags) =
            match bent.Recv(buffer.Length, flags.HasFlag SockFlags.Peek) with
            | Ok bytes ->
                bytes.AsSpan(0, min bytes.Length buffer.Length).CopyTo buffer
                SockResult.Ok bytes.Length
            | Error code -> SockResult.Fail code

        member bent.Wait(timeout, requested, occurred, interrupt) =
            let result, found = bent.Wait(timeout, requested, interrupt)
            occurred <- found
            result

        member bent.ShutdownSend() = bent.ShutdownSend()

        member bent.IsConnected why =
            let isConnected, text = bent.IsConnected()
            why <- text
            isConnected

/// One that can be awaited as well.
type BentAwait(sock: Sock) =
    inherit Bent(sock)

    abstract WaitAsync: TimeSpan * SockEvents * CancellationToken -> ValueTask<SockResult>

    default _.WaitAsync(timeout, requested, interrupt) =
        sock.WaitAsync(timeout, requested, interrupt)

    interface ISockAsync with
        member bent.WaitAsync(timeout, requested, interrupt) =
            bent.WaitAsync(timeout, requested, interrupt)

[<RequireQualifiedAccess>]
module Bent =

    /// A backend over the model, its calls bent.
    let overChannel name capabilities (bend: SimulatedSock -> Bent) =
        let create () =
            let inner = SimulatedSock(Channel.create [||] 65536)
            new BackendPair(bend inner, new SimulatedPeer(inner))

        Backend(name, create, capabilities)

    /// Sock over a TCP pair, its calls bent.
    let overPair name capabilities (bend: Sock -> Bent) =
        let right = Backends.sock AddressFamily.InterNetwork WaitMechanism.Poll

        let create () =
            let pair = right.CreatePair()
            let near = pair.Sock :?> Sock
            let discard () = SockPeer.ResetOnClose near
            new BackendPair(bend near, pair.Peer, discard)

        Backend(name, create, capabilities)
