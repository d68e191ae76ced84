/// Whose turn it is when more sockets are ready than a wait has room for: nobody is told twice
/// while another waits to be told at all.
module BitcoinSock.Properties.PollerTurns

open System
open System.Collections.Generic
open Expecto
open FsCheck
open FsCheck.FSharp
open BitcoinSock
open BitcoinSock.Properties.Property

type Command =
    | Arrive of slot: int
    | Take of slot: int
    | Add of slot: int
    | Modify of slot: int
    | Remove of slot: int
    /// Another socket, with its number, then has its place.
    | Replace of slot: int
    | Wait of room: int

let private slots = 6

/// A socket, and whom it has seen told since it waits to be told itself.
type private Waiting =
    {
        Id: int
        Near: Sock
        Far: Sock
        Passed: HashSet<int>
        mutable IsReady: bool
        mutable IsRegistered: bool
    }

    member waiting.IsDue = waiting.IsReady && waiting.IsRegistered

let private fresh id =
    let struct (near, far) = Sock.CreatePair()

    {
        Id = id
        Near = near
        Far = far
        Passed = HashSet()
        IsReady = false
        IsRegistered = false
    }

let private letGo waiting =
    waiting.Near.Dispose()
    waiting.Far.Dispose()

/// Who is told, with room for so many.
let private wait (poller: SockPoller) room =
    let ready = Array.zeroCreate room
    let found = poller.Wait(Span ready, TimeSpan.Zero)

    [ for each in Array.truncate found.Count ready -> unbox<int> each.State ]

/// Always those with the smallest numbers.
let private waitUnfairly poller room =
    wait poller slots |> List.sort |> List.truncate room

let private make way =
    match way with
    | "poll" -> new SockPoller(WaitMechanism.Poll)
    | "select" -> new SockPoller(WaitMechanism.Select)
    | _ -> new SockPoller()

let private broken way (wait: SockPoller -> int -> int list) commands =
    use poller = make way
    let all = Array.init slots fresh
    let mutable ids = slots

    let set slot change =
        let was = all[slot].IsDue
        change all[slot]

        if was <> all[slot].IsDue then
            all[slot].Passed.Clear()

    let play command =
        match command with
        | Arrive slot when not all[slot].IsReady ->
            all[slot].Far.Send(ReadOnlySpan [| 1uy |]) |> ignore
            set slot (fun one -> one.IsReady <- true)
        | Take slot when all[slot].IsReady ->
            all[slot].Near.Recv(Span [| 0uy |]) |> ignore
            set slot (fun one -> one.IsReady <- false)
        | Add slot when not all[slot].IsRegistered ->
            poller.Add(all[slot].Near, SockEvents.Recv, all[slot].Id)
            set slot (fun one -> one.IsRegistered <- true)
        | Modify slot when all[slot].IsRegistered ->
            poller.Modify(all[slot].Near, SockEvents.Recv) |> ignore
        | Remove slot when all[slot].IsRegistered ->
            poller.Remove all[slot].Near |> ignore
            set slot (fun one -> one.IsRegistered <- false)
        | Replace slot ->
            letGo all[slot]
            all[slot] <- fresh ids
            ids <- ids + 1
        | _ -> ()

        []

    let look room =
        let due = all |> Array.filter _.IsDue
        let told = wait poller room

        [
            if told.Length <> min room due.Length then
                $"of {due.Length} that are due it tells {told.Length}, with room for {room}"

            for one in due do
                if List.contains one.Id told then
                    one.Passed.Clear()
                else
                    for other in told do
                        if not (one.Passed.Add other) then
                            $"{other} is told again before {one.Id}"
        ]

    let step command =
        match command with
        | Wait room -> look room
        | _ -> play command

    let rec steps commands =
        match commands with
        | [] -> []
        | command :: rest ->
            match step command with
            | [] -> steps rest
            | wrong -> wrong

    let result = steps commands
    Array.iter letGo all
    result

let private arb =
    let slot = Gen.choose (0, slots - 1)

    let command =
        Gen.frequency
            [
                5, Gen.map Arrive slot
                2, Gen.map Take slot
                5, Gen.map Add slot
                1, Gen.map Modify slot
                1, Gen.map Remove slot
                2, Gen.map Replace slot
                8, Gen.map Wait (Gen.choose (1, slots))
            ]

    commands 60 command

let private isFair way =
    holds
        $"nobody is told twice while another waits, by the {way} mechanism"
        500
        arb
        (broken way wait)
        tellCommands

let private unfairIsCaught =
    caught "one that is not fair is caught" 500 arb (broken "best" waitUnfairly) tellCommands

let tests =
    testList
        "whose turn it is with a poller"
        [
            for way in [ "best"; "poll"; "select" ] do
                isFair way

            unfairIsCaught
        ]
