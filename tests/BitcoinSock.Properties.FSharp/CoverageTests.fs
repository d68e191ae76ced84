/// The random cases reach what they are for: every fault happens, every outcome comes about.
module BitcoinSock.Properties.CoverageTests

open Xunit
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Properties.Property
open BitcoinSock.Properties.Play

let private count = 5_000

let private observed =
    lazy
        (Case.sample count
         |> List.map (fun case -> case, Case.simulate Case.library case))

let private share name number =
    print ($"{name, -16} {100.0 * float number / float count, 6:F2} %%")

    Assert.True(number > 0, $"no case in {count} has {name}")

[<Fact>]
let ``every kind of fault happens to some call`` () =
    let kinds =
        [
            "Partial"
            "ShortPeek"
            "WouldBlock"
            "Interrupted"
            "InProgress"
            "Fail"
            "SpuriousWake"
            "WaitFails"
            "PeerCloses"
            "PeerResets"
            "Clock"
            "InterruptFires"
        ]

    for kind in kinds do
        observed.Value
        |> List.filter (fun (_, seen) ->
            seen.Steps |> List.exists (fun step -> Fault.kind step.Fault = kind))
        |> List.length
        |> share kind

[<Fact>]
let ``every operation ends in every way it can`` () =
    let ends operation =
        operation,
        match operation with
        | "SendComplete" ->
            [ SockStatus.Ok; SockStatus.Timeout; SockStatus.Interrupted; SockStatus.Failed ]
        | "ConnectComplete" ->
            [ SockStatus.Ok; SockStatus.Timeout; SockStatus.Interrupted; SockStatus.Failed ]
        | "IsConnected" -> [ SockStatus.Ok; SockStatus.Closed; SockStatus.Failed ]
        | "RecvComplete" ->
            [
                SockStatus.Ok
                SockStatus.Closed
                SockStatus.Timeout
                SockStatus.Interrupted
                SockStatus.Failed
            ]
        | _ ->
            [
                SockStatus.Ok
                SockStatus.Closed
                SockStatus.Timeout
                SockStatus.Interrupted
                SockStatus.TooLong
                SockStatus.Failed
            ]

    let name operation =
        match operation with
        | Operation.SendComplete _ -> "SendComplete"
        | Operation.RecvComplete _ -> "RecvComplete"
        | Operation.RecvUntilTerminator _ -> "RecvUntilTerminator"
        | Operation.ReadFrame _ -> "ReadFrame"
        | Operation.ConnectComplete _ -> "ConnectComplete"
        | Operation.IsConnected -> "IsConnected"

    for operation, statuses in
        List.map
            ends
            [
                "SendComplete"
                "RecvComplete"
                "RecvUntilTerminator"
                "ReadFrame"
                "ConnectComplete"
                "IsConnected"
            ] do
        for status in statuses do
            observed.Value
            |> List.filter (fun (case, seen) ->
                name case.Operation = operation && seen.Outcome.Status = status)
            |> List.length
            |> share $"{operation} {status}"

[<Fact>]
let ``the same seed and schedule give the same trace`` () =
    let traces () =
        Case.sample 500
        |> List.map (fun case -> (Case.simulate Case.library case).Steps)

    Assert.Equal<Step list list>(traces (), traces ())

[<Fact>]
let ``a schedule shrinks to smaller ones only, and prints a line a step`` () =
    for case in Case.sample 200 do
        let size (schedule: Schedule) =
            schedule.Faults
            |> List.sumBy (function
                | Fault.None -> 1.0
                | Fault.Partial n
                | Fault.ShortPeek n -> 2.0 + float n / 1000.0
                | Fault.Clock time -> 2.0 + time.TotalSeconds / 1000.0
                | Fault.PeerResets -> 3.0
                | _ -> 2.0)

        for smaller in Schedule.shrink case.Schedule do
            Assert.True(size smaller < size case.Schedule, $"{smaller}\nfrom\n{case.Schedule}")

        let lines = (string case.Schedule).Split('\n').Length
        Assert.Equal(max 1 case.Schedule.Faults.Length, lines)
