using System.Runtime.InteropServices;

namespace BitcoinSock;

/// <summary>Winsock's calls under their POSIX names, and its numbers.</summary>
internal static unsafe partial class Winsock
{
    public const int WSAENOTSOCK = 10038;
    public const int WSAEMSGSIZE = 10040;
    public const int AF_UNIX = 1;
    public const int AF_INET = 2;
    public const int AF_INET6 = 23;
    public const int MSG_PEEK = 2;
    public const int SD_SEND = 1;
    public const int FIONBIO = unchecked((int)0x8004667e);
    public const int WSA_FLAG_OVERLAPPED = 0x01;
    public const int WSA_FLAG_NO_HANDLE_INHERIT = 0x80;
    public const int HANDLE_FLAG_INHERIT = 1;
    public const short POLLERR = 0x1;
    public const short POLLHUP = 0x2;
    public const short POLLNVAL = 0x4;
    public const short POLLOUT = 0x10;
    public const short POLLRDNORM = 0x100; // not POLLIN, which is urgent data as well

    private const string Library = "ws2_32";

    [StructLayout(LayoutKind.Sequential)]
    public struct PollFd
    {
        public nint Fd;
        public short Events;
        public short REvents;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct WsaBuf
    {
        public uint Len;
        public nint Buf;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct TimeVal
    {
        public int Seconds;
        public int Microseconds;
    }

    [LibraryImport(Library, EntryPoint = "WSAStartup")]
    public static partial int Startup(ushort version, byte* data);

    [LibraryImport(Library, EntryPoint = "WSASocketW", SetLastError = true)]
    public static partial nint Socket(
        int family,
        int type,
        int protocol,
        void* info,
        uint group,
        uint flags
    );

    [LibraryImport(Library, EntryPoint = "closesocket", SetLastError = true)]
    public static partial int Close(nint socket);

    [LibraryImport(Library, EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(nint socket, byte* address, int length);

    [LibraryImport(Library, EntryPoint = "listen", SetLastError = true)]
    public static partial int Listen(nint socket, int backlog);

    [LibraryImport(Library, EntryPoint = "accept", SetLastError = true)]
    public static partial nint Accept(nint socket, byte* address, int* length);

    [LibraryImport("kernel32", EntryPoint = "SetHandleInformation", SetLastError = true)]
    public static partial int SetHandleInformation(nint handle, uint mask, uint flags);

    [LibraryImport(Library, EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(nint socket, byte* address, int length);

    [LibraryImport(Library, EntryPoint = "getsockname", SetLastError = true)]
    public static partial int GetSockName(nint socket, byte* address, int* length);

    [LibraryImport(Library, EntryPoint = "getpeername", SetLastError = true)]
    public static partial int GetPeerName(nint socket, byte* address, int* length);

    [LibraryImport(Library, EntryPoint = "ioctlsocket", SetLastError = true)]
    public static partial int IoctlSocket(nint socket, int command, uint* argument);

    [LibraryImport(Library, EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetSockOpt(
        nint socket,
        int level,
        int name,
        byte* value,
        int* length
    );

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetSockOpt(nint socket, int level, int name, byte* value, int length);

    [LibraryImport(Library, EntryPoint = "send", SetLastError = true)]
    public static partial int Send(nint socket, byte* data, int length, int flags);

    [LibraryImport(Library, EntryPoint = "WSASend", SetLastError = true)]
    public static partial int Send(
        nint socket,
        WsaBuf* parts,
        uint count,
        uint* sent,
        uint flags,
        void* overlapped,
        void* completion
    );

    [LibraryImport(Library, EntryPoint = "recv", SetLastError = true)]
    public static partial int Recv(nint socket, byte* buffer, int length, int flags);

    [LibraryImport(Library, EntryPoint = "shutdown", SetLastError = true)]
    public static partial int Shutdown(nint socket, int how);

    [LibraryImport(Library, EntryPoint = "WSAPoll", SetLastError = true)]
    public static partial int Poll(PollFd* fds, uint count, int timeoutMs);

    /// <param name="ignored">POSIX's nfds.</param>
    /// <param name="readable">A count, then so many sockets.</param>
    /// <param name="writable">The same.</param>
    /// <param name="exceptional">The same.</param>
    /// <param name="timeout">Null waits for ever.</param>
    [LibraryImport(Library, EntryPoint = "select", SetLastError = true)]
    public static partial int Select(
        int ignored,
        nint* readable,
        nint* writable,
        nint* exceptional,
        TimeVal* timeout
    );
}
