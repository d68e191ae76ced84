using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace BitcoinSock;

/// <summary>What an error code of a socket call means.</summary>
public static class NetworkError
{
    // The base library knows every system's codes; a table of our own would be one more to be
    // wrong.
    internal static readonly int WouldBlock = NativeCode(SocketError.WouldBlock);
    internal static readonly int Interrupted = NativeCode(SocketError.Interrupted);
    internal static readonly int InProgress = NativeCode(SocketError.InProgress);
    internal static readonly int AlreadyInProgress = NativeCode(SocketError.AlreadyInProgress);
    internal static readonly int AlreadyConnected = NativeCode(SocketError.IsConnected);
    internal static readonly int ConnectionAborted = NativeCode(SocketError.ConnectionAborted);
    internal static readonly int ConnectionRefused = NativeCode(SocketError.ConnectionRefused);
    internal static readonly int InvalidArgument = NativeCode(SocketError.InvalidArgument);

    /// <summary>
    /// EBADF; on Windows WSAENOTSOCK: the handle is empty, closed, or no socket's.
    /// </summary>
    internal static int BadHandle => Platform.Current.BadHandle;

    /// <summary>
    /// The code of the last system call of this library on this thread, if that call failed. Prefer
    /// <see cref="SockResult.Error"/>: nothing can overwrite it, and it has also what no single
    /// call says, such as a wait that was interrupted. Core's <c>WSAGetLastError()</c>.
    /// </summary>
    public static int LastSocketError() => Marshal.GetLastPInvokeError();

    /// <summary>
    /// Whether trying again is pointless. Not so for EAGAIN, EWOULDBLOCK, EINTR and EINPROGRESS and
    /// their Winsock equivalents; so for everything else. The one classifier: every operation asks
    /// it. Core's <c>IOErrorIsPermanent</c>.
    /// </summary>
    /// <param name="error">The system's code of an error.</param>
    public static bool IoErrorIsPermanent(int error) =>
        error != WouldBlock && error != Interrupted && error != InProgress;

    /// <summary>
    /// The system's words for a code, and the code: <c>Connection refused (111)</c>. Core's
    /// <c>NetworkErrorString</c>.
    /// </summary>
    /// <param name="error">The system's code of an error.</param>
    public static string NetworkErrorString(int error) =>
        $"{Marshal.GetPInvokeErrorMessage(error).TrimEnd()} ({error})";

    /// <summary>
    /// Whether connect(2), called once more, says by this error that the first one goes on.
    /// </summary>
    internal static bool ConnectGoesOn(int error) => Platform.Current.ConnectGoesOn(error);

    // What is asked for all the time needs no exception made for it.
    internal static int NativeCode(SocketError error) =>
        error == SocketError.WouldBlock && WouldBlock != 0
            ? WouldBlock
            : new SocketException((int)error).NativeErrorCode;
}
