namespace BitcoinSock.Model

open System
open System.Net.Sockets

/// The calls that a backend makes.
[<RequireQualifiedAccess>]
type Call =
    | Send
    | Recv
    | Peek
    | Wait
    | Connect
    | GetSockOpt

    override call.ToString() =
        match call with
        | Send -> "send"
        | Recv -> "recv"
        | Peek -> "peek"
        | Wait -> "wait"
        | Connect -> "connect"
        | GetSockOpt -> "getsockopt"

/// What the system may do to one call, or to the world just before it, without breaking its
/// promises.
[<RequireQualifiedAccess>]
type Fault =
    /// Nothing: the call behaves.
    | None
    /// A send or recv moves at most so many bytes, at least one.
    | Partial of count: int
    /// A peek shows at most so many bytes, at least one.
    | ShortPeek of count: int
    /// EAGAIN, though the call could go on.
    | WouldBlock
    /// EINTR: a signal came first. A connect goes on all the same.
    | Interrupted
    /// EINPROGRESS. A connect goes on by itself.
    | InProgress
    /// A permanent error, one of those that are legal for the call.
    | Fail of error: SocketError
    /// The wait says ready, though nothing is.
    | SpuriousWake
    /// The wait itself fails for good.
    | WaitFails of error: SocketError
    /// The peer closes, before the call: what it sent can still be read, then the end of the
    /// stream.
    | PeerCloses
    /// The peer resets, before the call: what was not read yet is lost, and every call fails.
    | PeerResets
    /// So much time passes before the call.
    | Clock of time: TimeSpan
    /// The interrupt is raised before the call.
    | InterruptFires

    override fault.ToString() =
        match fault with
        | None -> "behaves"
        | Partial count -> $"moves at most {count}"
        | ShortPeek count -> $"shows at most {count}"
        | WouldBlock -> "would block"
        | Interrupted -> "is interrupted by a signal"
        | InProgress -> "is in progress"
        | Fail error -> $"fails with {error}"
        | SpuriousWake -> "wakes for nothing"
        | WaitFails error -> $"fails with {error}"
        | PeerCloses -> "the peer closes"
        | PeerResets -> "the peer resets"
        | Clock time -> $"{time.TotalMilliseconds} ms pass"
        | InterruptFires -> "the interrupt fires"

/// What kinds of faults there are, for switching them off and for counting them.
[<RequireQualifiedAccess>]
module Fault =

    /// The permanent errors that a call may end with.
    let errors call =
        match call with
        | Call.Send ->
            [
                SocketError.ConnectionReset
                SocketError.Shutdown
                SocketError.NoBufferSpaceAvailable
                SocketError.HostUnreachable
                SocketError.TimedOut
            ]
        | Call.Recv
        | Call.Peek ->
            [
                SocketError.ConnectionReset
                SocketError.ConnectionRefused
                SocketError.HostUnreachable
                SocketError.TimedOut
            ]
        | Call.Wait -> [ SocketError.NoBufferSpaceAvailable; SocketError.InvalidArgument ]
        | Call.Connect ->
            [
                SocketError.ConnectionRefused
                SocketError.HostUnreachable
                SocketError.NetworkUnreachable
                SocketError.TimedOut
            ]
        | Call.GetSockOpt -> []

    /// Whether the system may do this to that call. What it may not do is not done.
    let isLegal call fault =
        match fault, call with
        | Fault.Partial _, (Call.Send | Call.Recv)
        | Fault.ShortPeek _, Call.Peek
        | (Fault.WouldBlock | Fault.InProgress), (Call.Send | Call.Recv | Call.Peek | Call.Connect)
        | Fault.SpuriousWake, Call.Wait -> true
        | Fault.Interrupted, _ -> call <> Call.GetSockOpt
        | Fault.Fail error, (Call.Send | Call.Recv | Call.Peek | Call.Connect)
        | Fault.WaitFails error, Call.Wait -> List.contains error (errors call)
        | (Fault.None | Fault.PeerCloses | Fault.PeerResets | Fault.Clock _ | Fault.InterruptFires),
          _ -> true
        | _ -> false

    /// The name of its kind.
    let kind fault =
        match fault with
        | Fault.None -> "None"
        | Fault.Partial _ -> "Partial"
        | Fault.ShortPeek _ -> "ShortPeek"
        | Fault.WouldBlock -> "WouldBlock"
        | Fault.Interrupted -> "Interrupted"
        | Fault.InProgress -> "InProgress"
        | Fault.Fail _ -> "Fail"
        | Fault.SpuriousWake -> "SpuriousWake"
        | Fault.WaitFails _ -> "WaitFails"
        | Fault.PeerCloses -> "PeerCloses"
        | Fault.PeerResets -> "PeerResets"
        | Fault.Clock _ -> "Clock"
        | Fault.InterruptFires -> "InterruptFires"

    /// The error that the call ends with in place of being made.
    let error fault =
        match fault with
        | Fault.WouldBlock -> ValueSome SocketError.WouldBlock
        | Fault.Interrupted -> ValueSome SocketError.Interrupted
        | Fault.InProgress -> ValueSome SocketError.InProgress
        | Fault.Fail error
        | Fault.WaitFails error -> ValueSome error
        | _ -> ValueNone

    /// How many of so many bytes the call moves or shows.
    let atMost fault count =
        match fault with
        | Fault.Partial most
        | Fault.ShortPeek most -> min (max 1 most) count
        | _ -> count
