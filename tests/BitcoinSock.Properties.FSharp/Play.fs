/// How a case is played on real sockets.
module BitcoinSock.Properties.Play

open System
open System.Net.Sockets
open BitcoinSock
open BitcoinSock.Model

/// The laws that a loop breaks on the simulated channel.
let brokenBy loop case =
    Case.judge case (Case.simulate loop case)

/// The case and its trace there.
let tell loop case =
    Case.tell case (Case.simulate loop case)

/// Everything that can be read now, and how it ends.
let private drain (sock: Sock) =
    let buffer = Array.zeroCreate 4096

    let rec more pending =
        let got = sock.Recv(Span buffer, SockFlags.DontWait)

        if got.Count > 0 then
            more (Array.append pending buffer[.. got.Count - 1])
        else
            pending

    more [||]

/// The far end of a real pair. What it has received is kept when it closes.
type RealPeer(far: Sock) =
    let mutable received = [||]
    member _.Received = Array.append received (drain far)

    interface IPeer with
        member _.Write data =
            max 0 (far.Send(data, SockFlags.DontWait).Count)

        member _.Read buffer =
            let got = far.Recv(buffer, SockFlags.DontWait)
            if got.IsError then -1 else got.Count

        member _.ShutdownSend() = far.ShutdownSend() |> ignore
        member _.Reset() = invalidOp "a unix pair cannot be reset"

        member _.Dispose() =
            received <- Array.append received (drain far)
            far.Dispose()

/// Plays a case on a real pair, through the fault-injecting shim.
let real family mechanism (loop: Loop) case =
    let struct (near, far) = Sock.CreatePair(family: AddressFamily)
    use near = near
    use far = far
    near.Mechanism <- mechanism

    if family <> AddressFamily.Unix then
        SockPeer.ResetOnClose near

    far.Send(ReadOnlySpan case.Arrived) |> ignore

    if case.IsClosed then
        far.ShutdownSend() |> ignore

    let peer = new RealPeer(far)
    let timed = VirtualTime near
    let sock = FaultySock(timed, peer, case.Schedule)
    let outcome, received = loop sock case.Operation case.Timeout sock.Interrupt
    let before = case.Before
    let pipe pending old = { old with Pending = pending }

    let after =
        { before with
            Incoming = pipe (drain near) before.Incoming
            Outgoing = pipe peer.Received before.Outgoing
            Now =
                before.Now
                + timed.Now
                + Schedule.time
                    {
                        Faults = sock.Steps |> List.map _.Fault
                    }
            IsInterrupted = sock.Interrupt.IsCancellationRequested
        }

    {
        Outcome = outcome
        Received = received
        After = after
        Steps = sock.Steps
    },
    sock.Findings

/// What a real pair can be asked to play: it has room for all, cannot be reset at will, and what
/// TCP accepts after the peer closed is lost by its own rules.
let realisable family case =
    let isPossible fault =
        match fault, case.Operation with
        | Fault.PeerResets, _ -> false
        | Fault.PeerCloses, Operation.SendComplete _ -> family = AddressFamily.Unix
        | _ -> true

    { case with
        Room = 100_000
        Schedule = Schedule.ofFaults (List.filter isPossible case.Schedule.Faults)
    }
