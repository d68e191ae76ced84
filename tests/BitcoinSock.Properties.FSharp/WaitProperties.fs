/// What a wait reports, by poll(2), select(2) and the best that pollers have, against a model of
/// the connection: the same by all of them.
module BitcoinSock.Properties.WaitProperties

open System
open System.Diagnostics
open System.Net.Sockets
open Expecto
open FsCheck
open FsCheck.FSharp
open BitcoinSock
open BitcoinSock.Properties.Property

type Command =
    | PeerWrites
    /// A byte that passes the others by. Once: a second one makes data of the first.
    | PeerWritesUrgently
    | PeerEnds
    /// With unread input it is a reset.
    | PeerCloses
    | Write
    | End
    | ReadAll

let private none, recv, send, error =
    SockEvents.None, SockEvents.Recv, SockEvents.Send, SockEvents.Error

/// What Linux makes of it.
type private Connection =
    {
        IsUnix: bool
        Incoming: int
        /// The peer has not read them.
        Outgoing: int
        HasEnded: bool
        HasPeerEnded: bool
        IsPeerGone: bool
        WasReset: bool
        IsUrgent: bool
    }

    member now.Occurred requested =
        let isEnded = now.HasPeerEnded || now.IsPeerGone
        let isHangUp = isEnded && (now.HasEnded || now.IsUnix && now.IsPeerGone)
        let unasked = if isHangUp || now.WasReset then error else none
        let readable = if now.Incoming > 0 || isEnded then recv else none
        ((readable ||| send) &&& requested) ||| unasked

let private after command (now: Connection) =
    let isPeerMute = now.HasPeerEnded || now.IsPeerGone

    match command with
    | PeerWrites when not isPeerMute -> Some { now with Incoming = now.Incoming + 1 }
    | PeerWritesUrgently when not (isPeerMute || now.IsUrgent || now.IsUnix) ->
        Some { now with IsUrgent = true }
    | PeerEnds when not isPeerMute -> Some { now with HasPeerEnded = true }
    | PeerCloses when not now.IsPeerGone ->
        let wasReset = now.Outgoing > 0
        // With the reset TCP forgets what has arrived.
        let incoming = if wasReset && not now.IsUnix then 0 else now.Incoming

        Some
            { now with
                IsPeerGone = true
                WasReset = wasReset
                Incoming = incoming
            }
    | Write when not (now.HasEnded || now.IsPeerGone) ->
        Some { now with Outgoing = now.Outgoing + 1 }
    | End when not (now.HasEnded || now.IsPeerGone) -> Some { now with HasEnded = true }
    // A receive takes the reset away as well.
    | ReadAll when not now.WasReset -> Some { now with Incoming = 0 }
    | _ -> None

// On a unix socket everything is there at once, on loopback nearly.
let private patience now =
    TimeSpan.FromSeconds(if now.IsUnix then 0.0 else 1.0)

let private act (near: Sock) (far: Sock) (now: Connection) command =
    let one = [| 1uy |]

    match command with
    | PeerWrites -> far.Send(ReadOnlySpan one) |> ignore
    | PeerWritesUrgently ->
        use socket = new Socket(new SafeSocketHandle(far.Get().Value, false))
        socket.Send(one, SocketFlags.OutOfBand) |> ignore
    | PeerEnds -> far.ShutdownSend() |> ignore
    | PeerCloses -> far.Dispose()
    | Write -> near.Send(ReadOnlySpan one, SockFlags.NoSignal) |> ignore
    | End -> near.ShutdownSend() |> ignore
    // What loopback has not delivered yet as well.
    | ReadAll -> near.RecvComplete(Span(Array.zeroCreate<byte> now.Incoming), patience now)

let private mechanisms = [ WaitMechanism.Poll; WaitMechanism.Select ]

let private byWait mechanism (near: Sock) requested =
    near.Mechanism <- mechanism
    let mutable occurred = none
    near.Wait(TimeSpan.Zero, requested, &occurred) |> ignore
    occurred

let private byPoller (make: unit -> SockPoller) near requested =
    use poller = make ()
    poller.Add(near, requested)
    let ready = [| ReadySock() |]

    if poller.Wait(Span ready, TimeSpan.Zero).Count > 0 then
        ready[0].Occurred
    else
        none

let private ways =
    [
        "the best poller", byPoller (fun () -> new SockPoller())
        for mechanism in mechanisms do
            $"Wait by {mechanism}", byWait mechanism
            $"a poller by {mechanism}", byPoller (fun () -> new SockPoller(mechanism))
    ]

let private look (near: Sock) (now: Connection) ways =
    [
        for requested in [ none; recv; send; recv ||| send ] do
            let expected = now.Occurred requested

            for name, way in ways do
                let start = Stopwatch.GetTimestamp()
                let mutable found = way near requested

                while found <> expected && Stopwatch.GetElapsedTime start < patience now do
                    found <- way near requested

                if found <> expected then
                    $"asked for {requested}, {name} says {found}, not {expected}"
    ]

let private broken ways family commands =
    let struct (near, far) = Sock.CreatePair(family: AddressFamily)
    use near = near
    use far = far

    let rec steps now commands =
        match commands with
        | [] -> []
        | command :: rest ->
            match after command now with
            | None -> steps now rest
            | Some next ->
                act near far now command

                match look near next ways with
                | [] -> steps next rest
                | wrong -> $"after {command}" :: wrong

    steps
        {
            IsUnix = family = AddressFamily.Unix
            Incoming = 0
            Outgoing = 0
            HasEnded = false
            HasPeerEnded = false
            IsPeerGone = false
            WasReset = false
            IsUrgent = false
        }
        commands

let private arb =
    let command =
        Gen.frequency
            [
                3, Gen.constant PeerWrites
                1, Gen.constant PeerWritesUrgently
                1, Gen.constant PeerEnds
                1, Gen.constant PeerCloses
                2, Gen.constant Write
                1, Gen.constant End
                2, Gen.constant ReadAll
            ]

    commands 8 command

let private isTheSame (family: AddressFamily) =
    holds $"reports what is there, of {family}" 300 arb (broken ways family) tellCommands

/// select(2)'s third set is urgent data, and its others know no hang-up.
let private asSelectDoes near requested =
    byWait WaitMechanism.Select near requested &&& ~~~error

let private deafnessIsCaught =
    let broken = broken [ "select(2)", asSelectDoes ] AddressFamily.Unix
    caught "that knows no errors is caught" 300 arb broken tellCommands

let tests =
    testList
        "every mechanism"
        [
            // The model is of what Linux calls a hang-up.
            if OperatingSystem.IsLinux() then
                isTheSame AddressFamily.Unix
                isTheSame AddressFamily.InterNetwork
                deafnessIsCaught
        ]
