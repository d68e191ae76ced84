namespace BitcoinSock.Model

open System
open System.Net
open BitcoinSock

/// What is asked of an operation.
[<RequireQualifiedAccess>]
type Operation =
    | SendComplete of data: byte[]
    | RecvUntilTerminator of terminator: byte * limit: int
    | RecvComplete of count: int
    /// The far end takes so long to answer.
    | ConnectComplete of target: EndPoint * takes: TimeSpan
    | IsConnected
    /// One frame, by a FrameReader with a window of so many bytes.
    | ReadFrame of terminator: byte[] * limit: int * window: int

    override operation.ToString() =
        match operation with
        | SendComplete data -> $"SendComplete {Quote.bytes data}"
        | RecvUntilTerminator(terminator, limit) ->
            $"RecvUntilTerminator {Quote.bytes [| terminator |]} within {limit} bytes"
        | RecvComplete count -> $"RecvComplete of {count} bytes"
        | ConnectComplete(target, takes) ->
            $"ConnectComplete to {target}, which takes {takes.TotalMilliseconds} ms"
        | IsConnected -> "IsConnected"
        | ReadFrame(terminator, limit, window) ->
            $"ReadFrame {Quote.bytes terminator} within {limit} bytes, {window} at a time"

/// One call that a backend answered.
type Step =
    {
        Call: Call
        /// How many bytes were offered or asked for; 0 for a call that moves none.
        Asked: int
        Fault: Fault
        /// What it returned; of a pending error that was asked for, that error.
        Result: SockResult
        /// The time at which the call began.
        Now: TimeSpan
        /// Whether the interrupt was up when the call began.
        WasInterrupted: bool
    }

    /// One line, to be read aloud.
    override step.ToString() =
        let asked =
            match step.Call with
            | Call.Wait
            | Call.Connect
            | Call.GetSockOpt -> ""
            | _ -> $" {step.Asked}"

        let fault = if step.Fault = Fault.None then "" else $" ({step.Fault})"

        let result =
            if step.Result.IsError then
                NetworkError.NetworkErrorString step.Result.Error
            else
                string step.Result.Count

        $"{step.Now.TotalMilliseconds} ms: {step.Call}{asked}{fault} -> {result}"

/// How an operation ended, and what it left.
type Observed =
    {
        Outcome: SockOutcome
        /// The bytes it handed back, without the terminator of a line that is complete.
        Received: byte[]
        After: Channel
        Steps: Step list
    }
