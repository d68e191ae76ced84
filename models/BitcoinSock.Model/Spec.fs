namespace BitcoinSock.Model

open System
open System.Net.Sockets
open BitcoinSock

/// The outcomes that an operation may have.
type Outcomes =
    {
        Statuses: Set<SockStatus>
        Errors: Set<int>
    }

/// What must hold of every operation, whatever loop it is made of. Each rule has the number and the
/// name of its law.
[<RequireQualifiedAccess>]
module Spec =

    /// The set of outcomes that an operation may have, on a channel where these faults happened and
    /// so much time passed. If it holds one outcome, the operation must have that one.
    let outcomes operation (timeout: TimeSpan) (before: Channel) (faults: Fault list) elapsed =
        let happened kind =
            List.exists (Fault.kind >> (=) kind) faults

        let sends = isSend operation
        let connects = isConnect operation

        let pipe =
            if sends || connects then
                before.Outgoing
            else
                before.Incoming

        let errors =
            Set.ofList
                [
                    for fault in faults do
                        match fault with
                        | Fault.Fail error
                        | Fault.WaitFails error -> code error
                        | Fault.PeerCloses when sends -> code SocketError.Shutdown
                        | Fault.PeerCloses
                        | Fault.PeerResets when connects ->
                            code SocketError.ConnectionRefused
                            code SocketError.ConnectionReset
                        | Fault.PeerResets -> code SocketError.ConnectionReset
                        | _ -> ()
                    match pipe.Ending with
                    | Ending.Broken error -> code error
                    | Ending.Closed when sends -> code SocketError.Shutdown
                    | _ -> ()
                ]

        let isTooLong =
            match operation with
            | Line(terminator, limit) ->
                before.Incoming.Pending.Length >= limit
                && (terminatorWithin limit terminator before.Incoming.Pending).IsNone
            | _ -> false

        let isClosed =
            not (sends || connects)
            && (happened "PeerCloses" || before.Incoming.Ending = Ending.Closed)

        {
            Errors = errors
            Statuses =
                Set.ofList
                    [
                        if isFeasible operation before elapsed then
                            SockStatus.Ok
                        if isClosed then
                            SockStatus.Closed
                        if timeout <> Threading.Timeout.InfiniteTimeSpan && elapsed >= timeout then
                            SockStatus.Timeout
                        if happened "InterruptFires" || before.IsInterrupted then
                            SockStatus.Interrupted
                        if isTooLong then
                            SockStatus.TooLong
                        if not errors.IsEmpty then
                            SockStatus.Failed
                    ]
        }

    /// The laws that an operation broke, as it was observed; none if it is as it should be.
    let judge operation (timeout: TimeSpan) (before: Channel) (observed: Observed) : string list =
        let outcome = observed.Outcome
        let steps = observed.Steps
        let faults = steps |> List.map _.Fault
        let elapsed = observed.After.Now - before.Now
        let may = outcomes operation timeout before faults elapsed
        let wasReset = List.contains Fault.PeerResets faults

        let law number name holds message =
            [
                if not holds then
                    $"{number} {name}: {message}"
            ]

        // What was consumed, and what the channel may have lost with a reset.
        let consumed, isComplete =
            match operation with
            | Operation.SendComplete data ->
                Array.truncate outcome.Count data, outcome.Count = data.Length
            | Operation.RecvComplete count -> observed.Received, observed.Received.Length = count
            | Operation.ConnectComplete _ ->
                [||],
                steps
                |> List.exists (fun step ->
                    let result = step.Result
                    let isDone = result.Error = code SocketError.IsConnected
                    step.Call = Call.Connect && (not result.IsError || isDone))
            | Line(terminator, _) when outcome.IsOk -> concat observed.Received terminator, true
            | Line(terminator, _) -> observed.Received, indexOf terminator observed.Received >= 0
            | _ -> [||], false

        let accounted =
            match operation with
            | Operation.SendComplete _ ->
                law
                    10
                    "SendAccounting"
                    (observed.After.Outgoing.Pending = concat before.Outgoing.Pending consumed)
                    $"{outcome.Count} bytes reported sent are not what the peer can drain"
            | _ ->
                let pending = before.Incoming.Pending
                let left = observed.After.Incoming.Pending

                law
                    6
                    "NothingLost"
                    (if wasReset then
                         startsWith consumed pending
                     else
                         concat consumed left = pending)
                    ($"{consumed.Length} bytes handed back and {left.Length} left "
                     + $"are not the {pending.Length} sent")
                @ law
                    6
                    "NothingLost"
                    (outcome.Count = observed.Received.Length)
                    $"{outcome.Count} reported, {observed.Received.Length} handed back"

        let limited =
            match operation with
            | Line(terminator, limit) ->
                let index = indexOf terminator before.Incoming.Pending
                let gone = before.Incoming.Pending.Length - observed.After.Incoming.Pending.Length

                law
                    7
                    "Limit"
                    (consumed.Length <= limit)
                    $"consumed {consumed.Length} of at most {limit}"
                @ law
                    5
                    "ZeroOverRead"
                    (index < 0 || wasReset || gone <= index + terminator.Length)
                    $"consumed {gone}, the terminator is at {index}"
                @ law
                    5
                    "ZeroOverRead"
                    (not outcome.IsOk || outcome.Count = index)
                    $"a line of {outcome.Count}, the terminator is at {index}"
            | _ -> []

        let asked =
            match operation with
            | Operation.IsConnected ->
                law
                    26
                    "ProbeCoherence"
                    (match steps with
                     | [ step ] when step.Call = Call.Peek ->
                         List.contains outcome.Status (coherent before step)
                     | _ -> false)
                    $"ends as {outcome.Status} after {steps.Length} calls"
            | Operation.ConnectComplete _ ->
                law
                    25
                    "OutcomeAlgebra"
                    (not outcome.IsOk || Channel.isUp observed.After)
                    "ended as Ok, and is not connected"
            | _ -> []

        let isLate (step: Step) =
            timeout <> Threading.Timeout.InfiniteTimeSpan
            && step.Now - before.Now >= timeout

        // One step is a peek and the recv behind it.
        let oneStep =
            List.truncate 3 >> List.filter (fun (step: Step) -> step.Call <> Call.Wait)

        let atMostOneStep steps =
            List.length steps <= 2 && List.length (oneStep steps) = List.length steps

        let moved = if isSend operation then outcome.Count else consumed.Length

        let slices =
            if timeout = Threading.Timeout.InfiniteTimeSpan then
                1
            else
                2 + int (timeout.Ticks / Sock.MaxWaitForIo.Ticks)

        accounted
        @ limited
        @ asked
        @ law
            25
            "OutcomeAlgebra"
            (may.Statuses.Contains outcome.Status)
            (let allowed = may.Statuses |> Set.map string |> String.concat ", "
             $"ended as {outcome.Status}, where only these are possible: {allowed}")
        @ law
            24
            "ErrorIdentity"
            (outcome.Status <> SockStatus.Failed
             || not steps.IsEmpty && (List.last steps).Result.Error = outcome.Error)
            $"the code {outcome.Error} is not that of the last call"
        @ law
            23
            "OneClassifier"
            (steps
             |> List.mapi (fun i step -> i = steps.Length - 1, step.Result)
             |> List.forall (fun (isLast, result) ->
                 not result.IsError
                 || not (NetworkError.IoErrorIsPermanent result.Error)
                 || isConnect operation && isProgress result
                 || isLast && outcome.Status = SockStatus.Failed))
            "went on after a permanent error"
        @ law
            23
            "OneClassifier"
            (outcome.Status <> SockStatus.Failed
             || NetworkError.IoErrorIsPermanent outcome.Error)
            "ended by an error that passes"
        @ law
            8
            "SuccessWins"
            (outcome.IsOk || not isComplete)
            $"complete, and ended as {outcome.Status}"
        @ law
            9
            "NoTailWait"
            (not outcome.IsOk || steps.IsEmpty || (List.last steps).Call <> Call.Wait)
            "waited after the last byte"
        @ law
            11
            "EmptySend"
            (operation <> Operation.SendComplete [||] || steps.IsEmpty)
            "a call for nothing"
        @ law
            12
            "DeadlineUnderProgress"
            (steps |> List.filter isLate |> atMostOneStep)
            "went on after the deadline"
        @ law
            14
            "EarlyInterrupt"
            (steps |> List.filter _.WasInterrupted |> atMostOneStep)
            "went on after the interrupt"
        @ law
            22
            "NoHotLoop"
            (steps.Length
             <= 3 * (moved + slices + List.length (List.filter ((<>) Fault.None) faults) + 2))
            $"{steps.Length} calls for {moved} bytes"
