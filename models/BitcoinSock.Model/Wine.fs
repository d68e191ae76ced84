namespace BitcoinSock.Model

open System
open System.Runtime.InteropServices

/// Windows' calls as Wine makes them.
[<RequireQualifiedAccess>]
module internal Wine =

    /// Whether they are the calls of this process.
    let isHere =
        OperatingSystem.IsWindows()
        && fst (NativeLibrary.TryGetExport(NativeLibrary.Load "ntdll", "wine_get_version"))

    /// An interrupt takes more than a millisecond: each call asks Wine's server, which is another
    /// process.
    let wakeable = if isHere then Capabilities.None else Capabilities.Wakeable

    /// Wine 8 tells a reset as the end of the stream.
    let reset = if isHere then Capabilities.None else Capabilities.Reset
