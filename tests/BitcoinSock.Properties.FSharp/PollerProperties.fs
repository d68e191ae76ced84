/// SockPoller on real sockets against a model of what is registered and what is there.
module BitcoinSock.Properties.PollerProperties

open System
open System.Collections.Generic
open System.Net.Sockets
open FsCheck
open FsCheck.FSharp
open Expecto
open BitcoinSock
open BitcoinSock.Properties.Property
open BitcoinSock.Properties.Play

type Command =
    | Add of slot: int * requested: SockEvents
    | Modify of slot: int * requested: SockEvents
    | Remove of slot: int
    | PeerWrites of slot: int
    | Read of slot: int
    | PeerCloses of slot: int
    /// Its number is then the next one's.
    | Dispose of slot: int

/// Ways to be wrong, for the canaries.
[<RequireQualifiedAccess>]
type Defect =
    | None
    | ``forgets to modify``
    | ``keeps what was removed``
    | ``tells of an event once only``
    | ``gives the state of another socket``

let private slots = 4

// A hang-up makes everything ready; and it is told unasked. The end of a TCP connection is one for
// some systems only.
let private isHangUp = pairFamily = AddressFamily.Unix

let private judged occurred =
    if isHangUp then
        occurred
    else
        occurred &&& ~~~SockEvents.Error

/// The library's poller, bent by a defect.
type private Bent(defect, poller: SockPoller) =
    let told = HashSet<int * SockEvents>()
    member _.Add(sock, requested, state: obj) = poller.Add(sock, requested, state)

    member _.Modify(sock, requested) =
        defect = Defect.``forgets to modify`` || poller.Modify(sock, requested)

    member _.Remove sock =
        defect = Defect.``keeps what was removed`` || poller.Remove sock

    member _.Wait() =
        let ready = Array.zeroCreate (2 * slots)
        let found = poller.Wait(Span ready, TimeSpan.Zero)

        let found =
            [
                for each in Array.truncate found.Count ready ->
                    unbox<int> each.State, judged each.Occurred
            ]

        match defect with
        | Defect.``tells of an event once only`` -> List.filter told.Add found
        | Defect.``gives the state of another socket`` ->
            found |> List.map (fun (_, occurred) -> fst found.Head, occurred)
        | _ -> found

/// A socket, what has arrived at it, and what it is registered for.
type private Slot =
    {
        Near: Sock
        Far: Sock
        Pending: int
        IsPeerGone: bool
        Requested: SockEvents option
    }

let private fresh () =
    let struct (near, far) = Sock.CreatePair()

    {
        Near = near
        Far = far
        Pending = 0
        IsPeerGone = false
        Requested = None
    }

let private letGo slot =
    slot.Near.Dispose()
    slot.Far.Dispose()

let private expected index slot =
    match slot.Requested with
    | None -> None
    | Some requested ->
        let recv =
            if slot.Pending > 0 || slot.IsPeerGone then
                SockEvents.Recv
            else
                SockEvents.None

        let error =
            if slot.IsPeerGone && isHangUp then
                SockEvents.Error
            else
                SockEvents.None

        match ((recv ||| SockEvents.Send) &&& requested) ||| error with
        | SockEvents.None -> None
        | occurred -> Some(index, occurred)

/// Plays the commands, and looks after each.
let private broken way defect commands =
    use poller =
        match way with
        | "poll" -> new SockPoller(WaitMechanism.Poll)
        | "select" -> new SockPoller(WaitMechanism.Select)
        | _ -> new SockPoller()

    let bent = Bent(defect, poller)
    let socks = Array.init slots (fun _ -> fresh ())
    let one = [| 1uy |]

    let play command =
        match command with
        | Add(slot, requested) when socks[slot].Requested.IsNone ->
            // A canary that keeps what was removed cannot add it again.
            (try
                bent.Add(socks[slot].Near, requested, slot)
             with :? ArgumentException ->
                 ())

            socks[slot] <-
                { socks[slot] with
                    Requested = Some requested
                }
        | Modify(slot, requested) when socks[slot].Requested.IsSome ->
            bent.Modify(socks[slot].Near, requested) |> ignore

            socks[slot] <-
                { socks[slot] with
                    Requested = Some requested
                }
        | Remove slot when socks[slot].Requested.IsSome ->
            bent.Remove socks[slot].Near |> ignore
            socks[slot] <- { socks[slot] with Requested = None }
        | PeerWrites slot when not socks[slot].IsPeerGone ->
            socks[slot].Far.Send(ReadOnlySpan one) |> ignore

            socks[slot] <-
                { socks[slot] with
                    Pending = socks[slot].Pending + 1
                }
        | Read slot when socks[slot].Pending > 0 ->
            socks[slot].Near.Recv(Span one) |> ignore

            socks[slot] <-
                { socks[slot] with
                    Pending = socks[slot].Pending - 1
                }
        | PeerCloses slot ->
            socks[slot].Far.Dispose()
            socks[slot] <- { socks[slot] with IsPeerGone = true }
        | Dispose slot ->
            letGo socks[slot]
            socks[slot] <- fresh ()
        | _ -> ()

    let rec all commands =
        match commands with
        | [] -> []
        | command :: rest ->
            play command

            let expected = socks |> Array.mapi expected |> Array.choose id |> Set.ofArray

            let found = Set.ofList (bent.Wait())
            let count = socks |> Array.filter _.Requested.IsSome |> Array.length

            if found <> expected then
                [ $"after {command} it tells %A{found}, not %A{expected}" ]
            elif defect = Defect.None && poller.Count <> count then
                [ $"after {command} it counts {poller.Count}, not {count}" ]
            else
                all rest

    let result = all commands
    Array.iter letGo socks
    result

let private arb =
    let slot = Gen.choose (0, slots - 1)

    let requested =
        Gen.elements [ SockEvents.Recv; SockEvents.Send; SockEvents.Recv ||| SockEvents.Send ]

    let command =
        Gen.frequency
            [
                4, Gen.map2 (fun slot events -> Add(slot, events)) slot requested
                2, Gen.map2 (fun slot events -> Modify(slot, events)) slot requested
                2, Gen.map Remove slot
                4, Gen.map PeerWrites slot
                3, Gen.map Read slot
                1, Gen.map PeerCloses slot
                2, Gen.map Dispose slot
            ]

    commands 40 command

let private tellsWhatIsThere way =
    holds $"waits by the {way} mechanism" 500 arb (broken way Defect.None) tellCommands

let private isCaught defect =
    caught $"one that {defect} is caught" 500 arb (broken "best" defect) tellCommands

let tests =
    testList
        "a poller"
        [
            testList
                "tells of what is registered and there, and of nothing else"
                (List.map tellsWhatIsThere [ "best"; "poll"; "select" ])

            for defect in
                [
                    Defect.``forgets to modify``
                    Defect.``keeps what was removed``
                    Defect.``tells of an event once only``
                    Defect.``gives the state of another socket``
                ] do
                isCaught defect
        ]
