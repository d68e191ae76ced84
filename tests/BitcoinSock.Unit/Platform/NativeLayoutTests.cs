using System.Diagnostics;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.InteropServices;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>
/// Every number and layout that the library knows of a system, against that system's own headers:
/// C that asserts them, which its compiler accepts or refuses. Constants are found by reflection,
/// under the names they have in the headers, so that a new one is checked too.
/// </summary>
public class NativeLayoutTests
{
    private const string Unix = "cc";
    private const string Musl = "musl-gcc";
    private const string MinGW = "x86_64-w64-mingw32-gcc";
    private const string PosixHeaders =
        "errno fcntl netinet/in netinet/tcp poll stddef sys/select sys/socket";
    private const string WindowsHeaders = "winsock2 ws2tcpip windows stddef";
    private const BindingFlags All =
        BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    // What structures, their fields and errors are called in C.
    private static readonly Dictionary<string, string> InC = new()
    {
        [nameof(LibC.PollFd)] = "struct pollfd",
        [nameof(LibC.PollFd.Fd)] = "fd",
        [nameof(LibC.PollFd.Events)] = "events",
        [nameof(LibC.PollFd.REvents)] = "revents",
        [nameof(LibC.IoVec)] = "struct iovec",
        [nameof(LibC.IoVec.Base)] = "iov_base",
        [nameof(LibC.IoVec.Length)] = "iov_len",
        [nameof(LibC.MsgHdr)] = "struct msghdr",
        [nameof(LibC.MsgHdr.Name)] = "msg_name",
        [nameof(LibC.MsgHdr.NameLength)] = "msg_namelen",
        [nameof(LibC.MsgHdr.Parts)] = "msg_iov",
        [nameof(LibC.MsgHdr.PartCount)] = "msg_iovlen",
        [nameof(LibC.MsgHdr.Control)] = "msg_control",
        [nameof(LibC.MsgHdr.ControlLength)] = "msg_controllen",
        [nameof(LibC.MsgHdr.Flags)] = "msg_flags",
        [nameof(Winsock.WsaBuf)] = "WSABUF",
        [nameof(Winsock.WsaBuf.Len)] = "len",
        [nameof(Winsock.WsaBuf.Buf)] = "buf",
        [nameof(LibC.TimeVal)] = "struct timeval",
        [nameof(LibC.TimeVal.Seconds)] = "tv_sec",
        [nameof(LibC.TimeVal.Microseconds)] = "tv_usec",
        [nameof(NetworkError.WouldBlock)] = "EWOULDBLOCK",
        [nameof(NetworkError.Interrupted)] = "EINTR",
        [nameof(NetworkError.InProgress)] = "EINPROGRESS",
        [nameof(NetworkError.AlreadyInProgress)] = "EALREADY",
        [nameof(NetworkError.AlreadyConnected)] = "EISCONN",
        [nameof(NetworkError.ConnectionAborted)] = "ECONNABORTED",
        [nameof(NetworkError.ConnectionRefused)] = "ECONNREFUSED",
        [nameof(NetworkError.InvalidArgument)] = "EINVAL",
    };

    private static readonly (SocketOptionLevel, SocketOptionName, string, string)[] Options =
    [
        (SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, "SOL_SOCKET", "SO_REUSEADDR"),
        (SocketOptionLevel.Socket, SocketOptionName.Type, "SOL_SOCKET", "SO_TYPE"),
        (SocketOptionLevel.Socket, SocketOptionName.Error, "SOL_SOCKET", "SO_ERROR"),
        (SocketOptionLevel.Socket, SocketOptionName.Broadcast, "SOL_SOCKET", "SO_BROADCAST"),
        (SocketOptionLevel.Socket, SocketOptionName.SendBuffer, "SOL_SOCKET", "SO_SNDBUF"),
        (SocketOptionLevel.Socket, SocketOptionName.ReceiveBuffer, "SOL_SOCKET", "SO_RCVBUF"),
        (SocketOptionLevel.Socket, SocketOptionName.KeepAlive, "SOL_SOCKET", "SO_KEEPALIVE"),
        (SocketOptionLevel.Tcp, SocketOptionName.NoDelay, "IPPROTO_TCP", "TCP_NODELAY"),
        (SocketOptionLevel.IPv6, SocketOptionName.IPv6Only, "IPPROTO_IPV6", "IPV6_V6ONLY"),
    ];

    // A missing one is skipped, but not in CI on Linux, which has to have them all.
    public static IEnumerable<TheoryDataRow<string>> Compilers =>
        from compiler in OperatingSystem.IsWindows() ? [MinGW] : new[] { Unix, Musl, MinGW }
        let isCi = OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("CI") == "true"
        let skip = isCi || IsInstalled(compiler) ? null : $"{compiler} is not installed."
        select new TheoryDataRow<string>(compiler) { Skip = skip };

    [Theory]
    [MemberData(nameof(Compilers))]
    public void Numbers_and_layouts_are_those_of_the_headers(string compiler)
    {
        string assertions = compiler == MinGW ? OfWindows() : OfPosix(compiler);
        assertions += Is($"sizeof(struct sockaddr_storage) <= {Platform.AddressLengthMax}");
        assertions += Is($"SOCK_STREAM == {(int)SocketType.Stream}");
        (bool accepted, string messages) = Compile(compiler, assertions);
        Assert.True(accepted, messages);
    }

    [Theory]
    [MemberData(nameof(Compilers))]
    public void A_wrong_number_or_layout_is_refused_by_name(string compiler)
    {
        Type foreign = compiler == MinGW ? typeof(LibC) : typeof(Winsock);
        string planted = Constants(typeof(Wrong)) + Layouts(foreign) + Number("AF_INET", 0);
        (bool accepted, string messages) = Compile(compiler, planted);
        Assert.False(accepted);
        Assert.Contains("wrong: SOCK_STREAM == 7", messages);
        Assert.Contains("wrong: sizeof(struct pollfd) == ", messages);
        Assert.Contains("wrong: AF_INET exists", messages);
    }

    private static string OfPosix(string compiler)
    {
        bool isDarwin = OperatingSystem.IsMacOS() && compiler == Unix;
        PosixNumbers numbers = isDarwin ? PosixNumbers.Darwin : PosixNumbers.Linux;
        Type fdSet = typeof(PosixPlatform).GetNestedType("FdSet", All)!;
        string epoll = isDarwin
            ? ""
            : Constants(typeof(Epoll))
                + Is($"sizeof(struct epoll_event) == {Epoll.EventSize}")
                + Is($"offsetof(struct epoll_event, data) == {Epoll.DataOffset}");
        return epoll
            + Constants(typeof(LibC))
            + Layouts(typeof(LibC))
            + Numbers(numbers)
            + OptionsAre((level, name) => numbers.Option(level, name)!.Value)
            + (isDarwin == OperatingSystem.IsMacOS() ? Errors("") : "")
            + Is("EAGAIN == EWOULDBLOCK")
            + Is("sizeof(fd_set) * 8 == FD_SETSIZE")
            + Is($"sizeof(fd_set) <= {Constant(fdSet, "Words")} * {nint.Size}")
            + Is($"NFDBITS == 8 * {nint.Size} || __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__")
            + Is("sizeof(socklen_t) == 4 && (socklen_t)-1 > 0")
            + Is($"sizeof(nfds_t) {(isDarwin ? "<=" : "==")} {nint.Size} && (nfds_t)-1 > 0")
            + Is($"sizeof(ssize_t) == {nint.Size} && sizeof(size_t) == {nint.Size}");
    }

    private static string OfWindows() =>
        Constants(typeof(Winsock))
        + Layouts(typeof(Winsock))
        + OptionsAre((level, name) => ((int)level, (int)name))
        + (OperatingSystem.IsWindows() ? Errors("WSA") : "")
        + Is($"sizeof(SOCKET) == {nint.Size} && INVALID_SOCKET == (SOCKET){CSocket.Invalid.Value}")
        + Is("offsetof(fd_set, fd_count) == 0 && sizeof(((fd_set *)0)->fd_count) == 4")
        + Is("offsetof(fd_set, fd_array) == sizeof(SOCKET)")
        + Is("sizeof(long) == 4 && sizeof(u_long) == 4 && SOCKET_ERROR == -1")
        + Is($"sizeof(WSADATA) <= {Constant(typeof(WindowsPlatform), "DataLengthMax")}");

    private static string Constants(Type type) =>
        string.Concat(
            from field in type.GetFields(All)
            where field.IsLiteral && field.FieldType != typeof(string)
            select Is($"{field.Name} == {field.GetRawConstantValue()}")
        );

    private static string Numbers(PosixNumbers numbers) =>
        string.Concat(
            from property in typeof(PosixNumbers).GetProperties()
            where property.PropertyType == typeof(int)
            select Number(property.Name, (int)property.GetValue(numbers)!)
        );

    // A field of ours may include the padding behind it, as tv_usec does on Darwin; there the whole
    // of msghdr, which is never in an array, ends within what we take for flags.
    private static string Layouts(Type type) =>
        string.Concat(
            from layout in type.GetNestedTypes()
            let name = InC[layout.Name]
            let fits = OperatingSystem.IsMacOS() && layout == typeof(LibC.MsgHdr) ? "<=" : "=="
            from field in layout.GetFields(All)
            where fits == "==" || field.Name != nameof(LibC.MsgHdr.Flags)
            let member = InC[field.Name]
            select Is($"sizeof({name}) {fits} {Marshal.SizeOf(layout)}")
                + Is($"offsetof({name}, {member}) == {Marshal.OffsetOf(layout, field.Name)}")
                + Is($"sizeof((({name} *)0)->{member}) <= {Marshal.SizeOf(field.FieldType)}")
        );

    private static string Errors(string prefix) =>
        string.Concat(
            from field in typeof(NetworkError).GetFields(All)
            select Is($"{prefix}{InC[field.Name]} == {field.GetValue(null)}")
        );

    private static string OptionsAre(
        Func<SocketOptionLevel, SocketOptionName, (int Level, int Name)> find
    ) =>
        string.Concat(
            from option in Options
            let found = find(option.Item1, option.Item2)
            select Is($"{option.Item3} == {found.Level} && {option.Item4} == {found.Name}")
        );

    // 0 says that the system has no such thing.
    private static string Number(string name, int value) =>
        value != 0
            ? Is($"{name} == {value}")
            : $"#ifdef {name}\n{Is("0", $"{name} exists")}#endif\n";

    private static string Is(string condition, string? text = null) =>
        $"_Static_assert({condition}, \"wrong: {text ?? condition}\");\n";

    private static object Constant(Type type, string name) =>
        type.GetField(name, All)!.GetRawConstantValue()!;

    private static (bool Accepted, string Messages) Compile(string compiler, string assertions)
    {
        var start = new ProcessStartInfo(compiler, ["-fsyntax-only", "-x", "c", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        string headers =
            compiler == MinGW ? WindowsHeaders
            : OperatingSystem.IsMacOS() ? PosixHeaders
            : PosixHeaders + " sys/epoll";
        process.StandardInput.WriteLine($"#include <{headers.Replace(" ", ".h>\n#include <")}.h>");
        process.StandardInput.Write(assertions);
        process.StandardInput.Close();
        string messages = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode == 0, messages);
    }

    private static bool IsInstalled(string program) =>
        Environment
            .GetEnvironmentVariable("PATH")!
            .Split(Path.PathSeparator)
            .Select(folder => Path.Join(folder, program))
            .Any(path => File.Exists(path) || File.Exists($"{path}.exe"));

    private static class Wrong
    {
        public const int SOCK_STREAM = 7;
    }
}
