/// The random cases reach what they are for: every fault happens, every outcome comes about.
module BitcoinSock.Properties.CoverageTests

open Expecto
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Properties.Property
open BitcoinSock.Properties.Play

let private count = 5_000

let private observed =
    lazy
        (Case.sample count
         |> List.map (fun case -> case, Case.simulate Case.library case))

/// That some case has it; the share is printed.
let private happens name (isSo: Case * Observed -> bool) =
    testCase name
    <| fun () ->
        let number = observed.Value |> List.filter isSo |> List.length
        print $"{name, -30} {100.0 * float number / float count, 6:F2} %%"
        Expect.isGreaterThan number 0 $"of {count} cases"

let private kinds =
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

let private faultHappens kind =
    happens kind (fun (_, seen) ->
        seen.Steps |> List.exists (fun step -> Fault.kind step.Fault = kind))

let private nameOf operation =
    match operation with
    | Operation.SendComplete _ -> "SendComplete"
    | Operation.RecvComplete _ -> "RecvComplete"
    | Operation.RecvUntilTerminator _ -> "RecvUntilTerminator"
    | Operation.ReadFrame _ -> "ReadFrame"
    | Operation.ConnectComplete _ -> "ConnectComplete"
    | Operation.IsConnected -> "IsConnected"

let private endings =
    let moving =
        [ SockStatus.Ok; SockStatus.Timeout; SockStatus.Interrupted; SockStatus.Failed ]

    [
        "SendComplete", moving
        "ConnectComplete", moving
        "IsConnected", [ SockStatus.Ok; SockStatus.Closed; SockStatus.Failed ]
        "RecvComplete", SockStatus.Closed :: moving
        "RecvUntilTerminator", SockStatus.Closed :: SockStatus.TooLong :: moving
        "ReadFrame", SockStatus.Closed :: SockStatus.TooLong :: moving
    ]

let private endsAs operation status =
    happens $"{operation} ends as {status}" (fun (case, seen) ->
        nameOf case.Operation = operation && seen.Outcome.Status = status)

let private repeats =
    testCase "the same seed and schedule give the same trace"
    <| fun () ->
        let traces () =
            Case.sample 500
            |> List.map (fun case -> (Case.simulate Case.library case).Steps)

        Expect.equal (traces ()) (traces ()) "twice the same"

let private shrinks =
    testCase "a schedule shrinks to smaller ones only, and prints a line a step"
    <| fun () ->
        let size (schedule: Schedule) =
            schedule.Faults
            |> List.sumBy (function
                | Fault.None -> 1.0
                | Fault.Partial n
                | Fault.ShortPeek n -> 2.0 + float n / 1000.0
                | Fault.Clock time -> 2.0 + time.TotalSeconds / 1000.0
                | Fault.PeerResets -> 3.0
                | _ -> 2.0)

        for case in Case.sample 200 do
            for smaller in Schedule.shrink case.Schedule do
                Expect.isLessThan (size smaller) (size case.Schedule) $"from\n{case.Schedule}"

            let lines = (string case.Schedule).Split('\n').Length
            Expect.equal lines (max 1 case.Schedule.Faults.Length) "lines and faults"

let tests =
    testList
        "random cases"
        [
            testList "every kind of fault happens to some call" (List.map faultHappens kinds)

            testList
                "every operation ends in every way it can"
                [
                    for operation, statuses in endings do
                        for status in statuses -> endsAs operation status
                ]

            repeats
            shrinks
        ]
