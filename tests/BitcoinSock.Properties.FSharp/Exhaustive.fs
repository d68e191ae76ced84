/// The small scope, all of it: if a loop is wrong at all, it is wrong here.
module BitcoinSock.Properties.Exhaustive

open System
open System.Net
open System.Net.Sockets
open Expecto
open BitcoinSock.Model
open BitcoinSock.Properties.Property
open BitcoinSock.Properties.Play

// One of each kind; larger numbers differ in nothing on payloads as short as these.
let private faults =
    [
        Fault.None
        Fault.Partial 1
        Fault.ShortPeek 1
        Fault.WouldBlock
        Fault.Interrupted
        Fault.InProgress
        Fault.Fail SocketError.TimedOut
        Fault.SpuriousWake
        Fault.WaitFails SocketError.InvalidArgument
        Fault.PeerCloses
        Fault.PeerResets
        Fault.Clock(TimeSpan.FromMilliseconds 100.0)
        Fault.InterruptFires
    ]

let rec private upTo length choices =
    seq {
        yield []

        if length > 0 then
            for rest in upTo (length - 1) choices do
                for choice in choices -> choice :: rest
    }

let private schedules depth =
    upTo depth faults |> Seq.map Schedule.ofFaults |> Seq.distinct |> List.ofSeq

let private payloads length =
    upTo length [ 'a'B; '\n'B ]
    |> Seq.map Array.ofList
    |> Seq.distinct
    |> List.ofSeq

let private cases depth length =
    seq {
        for schedule in schedules depth do
            for timeout in [ 0.0; 100.0 ] do
                let case operation arrived isClosed room =
                    {
                        Operation = operation
                        Timeout = TimeSpan.FromMilliseconds timeout
                        Arrived = arrived
                        IsClosed = isClosed
                        Room = room
                        Schedule = schedule
                    }

                for payload in payloads length do
                    for isClosed in [ false; true ] do
                        for size in 0 .. length + 1 do
                            yield
                                case (Operation.RecvUntilTerminator('\n'B, size)) payload isClosed 0

                        for size in 0 .. length + 1 do
                            yield case (Operation.RecvComplete size) payload isClosed 0

                        for size in 0 .. length + 1 do
                            for ending, window in [ "\n"B, 1; "aa"B, 2 ] do
                                let frame = Operation.ReadFrame(ending, size, window)
                                yield case frame payload isClosed 0

                        yield case Operation.IsConnected payload isClosed 0

                for takes in [ 0.0; 50.0; 200.0 ] do
                    let target = IPEndPoint(IPAddress.Loopback, 9)
                    let takes = TimeSpan.FromMilliseconds takes
                    yield case (Operation.ConnectComplete(target, takes)) [||] false 0

                for size in 0..length do
                    for room in 0 .. length + 1 do
                        yield case (Operation.SendComplete(Array.create size 'a'B)) [||] false room
    }

let tests =
    testCase "every schedule up to a few faults, every payload up to three bytes, every limit"
    <| fun () ->
        let mutable count = 0
        let depth, expected = if isFullSet then 3, 500_000 else 2, 100_000

        for case in cases depth 3 do
            count <- count + 1

            match brokenBy Case.library case with
            | [] -> ()
            | broken -> failtest (String.Join("\n", broken @ [ tell Case.library case ]))

        let report = $"{count} cases, up to {depth} faults each, every one played"
        print report
        Expect.isGreaterThanOrEqual count expected report
