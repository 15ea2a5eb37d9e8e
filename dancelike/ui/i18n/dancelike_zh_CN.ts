<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1">
<context>
    <name>Advice</name>
    <message>
        <source>All of you is in the picture.</source>
        <translation>你的全身都在画面里。</translation>
    </message>
    <message>
        <source>We cannot see you yet. Step in front of the camera.</source>
        <translation>还没看到你，请站到摄像头前。</translation>
    </message>
    <message>
        <source>Step back until we see you from head to feet.</source>
        <translation>请往后退，直到从头到脚都能看到。</translation>
    </message>
    <message>
        <source>We cannot see your feet. Step back or tilt the camera down.</source>
        <translation>看不到你的双脚，请后退一步，或把摄像头往下调。</translation>
    </message>
    <message>
        <source>We cannot see your head. Step back or tilt the camera up.</source>
        <translation>看不到你的头部，请后退一步，或把摄像头往上调。</translation>
    </message>
    <message>
        <source>Move a little to the left.</source>
        <translation>请往左移一点。</translation>
    </message>
    <message>
        <source>Move a little to the right.</source>
        <translation>请往右移一点。</translation>
    </message>
    <message>
        <source>Come a little closer.</source>
        <translation>请靠近一点。</translation>
    </message>
    <message>
        <source>The light is good.</source>
        <translation>光线很好。</translation>
    </message>
    <message>
        <source>It is dark. Turn on a lamp in front of you.</source>
        <translation>光线偏暗，请在前方开一盏灯。</translation>
    </message>
    <message>
        <source>It is very bright. Turn the camera away from the window.</source>
        <translation>光线太亮，请不要让摄像头对着窗户。</translation>
    </message>
    <message>
        <source>The camera is gone. Plug it in again: your take goes on by itself.</source>
        <translation>摄像头断开了。重新插上后，录制会自动继续。</translation>
    </message>
    <message>
        <source>The camera gives few pictures. More light helps.</source>
        <translation>摄像头的帧率偏低，增加光线会有帮助。</translation>
    </message>
    <message>
        <source>The recording has ended, because the disk is full. What there is, is kept.</source>
        <translation>磁盘已满，录制已结束，已录下的部分会保留。</translation>
    </message>
    <message>
        <source>There is too little room on the disk to record. You can dance; this take is not kept.</source>
        <translation>磁盘空间不足，无法录制。你可以照常跳，但这一次不会保留。</translation>
    </message>
    <message>
        <source>This machine is busy, so the score is rough for now.</source>
        <translation>这台机器正忙，得分暂时仅供参考。</translation>
    </message>
    <message>
        <source>The sound is gone. It comes back by itself once a speaker is there again.</source>
        <translation>声音断了。扬声器恢复后会自动继续播放。</translation>
    </message>
    <message>
        <source>There is no sound output. The dance goes on in silence.</source>
        <translation>没有可用的扬声器，将无声进行。</translation>
    </message>
    <message>
        <source>This clip has no sound. The dance goes on in silence.</source>
        <translation>这段视频没有声音，将无声进行。</translation>
    </message>
    <message>
        <source>There are others in the clip. You learn from the one with the mark.</source>
        <translation>视频里不止一个人，请跟着头上有标记的那位学。</translation>
    </message>
    <message>
        <source>Somebody else is in the picture. We follow the one with the mark.</source>
        <translation>画面里还有别人，我们只跟踪头上有标记的那位。</translation>
    </message>
</context><context>
    <name>Calibrate</name>
    <message>
        <source>Sound</source>
        <translation>声音</translation>
    </message>
    <message>
        <source>Screen</source>
        <translation>屏幕</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>You will hear a steady click. Press Space, or tap the stage, with each one. Listen, do not look.</source>
        <translation>你会听到均匀的节拍声。每响一声就按空格键，或点一下舞台。用耳朵听，不用看。</translation>
    </message>
    <message>
        <source>A light will come on and off steadily. Press Space, or tap the stage, whenever it comes on.</source>
        <translation>灯会均匀地亮起、熄灭。每次亮起时按空格键，或点一下舞台。</translation>
    </message>
    <message>
        <source>Stand where all of you is seen. You will hear a steady click: clap with each one, hands wide.</source>
        <translation>站到能看见全身的位置。你会听到均匀的节拍声：每响一声拍一次手，双臂张开。</translation>
    </message>
    <message>
        <source>{n} ms late</source>
        <translation>晚 {n} 毫秒</translation>
    </message>
    <message>
        <source>{n} ms early</source>
        <translation>早 {n} 毫秒</translation>
    </message>
    <message>
        <source>{late}, spread {spread} ms, {n} of {m} answers</source>
        <translation>{late}，离散 {spread} 毫秒，{m} 拍答了 {n} 拍</translation>
    </message>
    <message>
        <source>That was steady. We will take this delay into account.</source>
        <translation>很稳。之后会把这段延迟算进去。</translation>
    </message>
    <message>
        <source>We saw {n} claps, and need {least}. Stand where your hands are seen, and clap with wide arms.</source>
        <translation>看到 {n} 次拍手，需要 {least} 次。请站到能看见双手的位置，张开双臂再拍。</translation>
    </message>
    <message>
        <source>{n} beats were answered, and we need {least}. Answer every beat, also the first.</source>
        <translation>答了 {n} 拍，需要 {least} 拍。请每一拍都按，第一拍也不例外。</translation>
    </message>
    <message>
        <source>Your answers lie {spread} ms apart, and up to {most} ms can be used. Find into the beat, then try again.</source>
        <translation>按下的时刻相差 {spread} 毫秒，{most} 毫秒以内才能用。先跟上节拍，再试一次。</translation>
    </message>
    <message>
        <source>No device is that late, so this is not used. Answer each beat, not the one before, and try again.</source>
        <translation>没有设备会晚这么多，所以不采用。请跟着当前这一拍按，再试一次。</translation>
    </message>
    <message>
        <source>Stage: press Space with each beat</source>
        <translation>舞台：每一拍按空格键</translation>
    </message>
    <message>
        <source>Space</source>
        <translation>空格键</translation>
    </message>
    <message>
        <source>Camera on</source>
        <translation>摄像头已开启</translation>
    </message>
    <message>
        <source>Picture of the camera</source>
        <translation>摄像头画面</translation>
    </message>
    <message>
        <source>Begin</source>
        <translation>开始</translation>
    </message>
    <message>
        <source>Use it</source>
        <translation>采用</translation>
    </message>
    <message>
        <source>Again</source>
        <translation>再测一次</translation>
    </message>
    <message>
        <source>Skip</source>
        <translation>跳过</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>返回</translation>
    </message>
    <message>
        <source>Sound, screen and camera are each a little late. What is known of it is not counted as yours.</source>
        <translation>声音、屏幕和摄像头都会慢一点。测出来的延迟不会算在你头上。</translation>
    </message>
    <message>
        <source>Calibrate</source>
        <translation>校准</translation>
    </message>
    <message>
        <source>Clap with each click: {n} of {m}</source>
        <translation>每响一声拍一次手：{n} / {m}</translation>
    </message>
    <message>
        <source>Step back until all of you is seen. Then it begins.</source>
        <translation>请后退到能看见全身的位置，然后就开始。</translation>
    </message>
</context><context>
    <name>Card</name>
    <message>
        <source>of 100</source>
        <translation>满分 100</translation>
    </message>
    <message>
        <source>late</source>
        <translation>偏晚</translation>
    </message>
    <message>
        <source>early</source>
        <translation>偏早</translation>
    </message>
</context><context>
    <name>Figure</name>
    <message>
        <source>not seen</source>
        <translation>未看到</translation>
    </message>
    <message>
        <source>{n} ms late</source>
        <translation>慢 {n} 毫秒</translation>
    </message>
    <message>
        <source>{n} ms early</source>
        <translation>快 {n} 毫秒</translation>
    </message>
    <message>
        <source>Your right</source>
        <translation>你的右侧</translation>
    </message>
    <message>
        <source>Your left</source>
        <translation>你的左侧</translation>
    </message>
</context><context>
    <name>Grades</name>
    <message>
        <source>Superb</source>
        <translation>完美</translation>
    </message>
    <message>
        <source>Strong</source>
        <translation>出色</translation>
    </message>
    <message>
        <source>Good</source>
        <translation>不错</translation>
    </message>
    <message>
        <source>Coming along</source>
        <translation>渐入佳境</translation>
    </message>
    <message>
        <source>A start</source>
        <translation>好的开始</translation>
    </message>
</context><context>
    <name>History</name>
    <message>
        <source>Dance</source>
        <translation>舞蹈</translation>
    </message>
    <message>
        <source>Takes</source>
        <translation>练习记录</translation>
    </message>
    <message>
        <source>Look at it</source>
        <translation>查看</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Your takes appear here once you have danced.</source>
        <translation>跳过之后，你的记录会出现在这里。</translation>
    </message>
    <message>
        <source>Choose a dance</source>
        <translation>选一支舞</translation>
    </message>
    <message>
        <source>Score</source>
        <translation>得分</translation>
    </message>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>All dances</source>
        <translation>全部舞蹈</translation>
    </message>
    <message>
        <source>Choose one dance to see how each limb has grown.</source>
        <translation>选择一支舞，看看身体各部位的进步。</translation>
    </message>
    <message>
        <source>not scored yet</source>
        <translation>尚未评分</translation>
    </message>
    <message>
        <source>Delete this take with its video and its figures? This cannot be undone.</source>
        <translation>要删除这条记录以及它的视频和数据吗？此操作无法撤销。</translation>
    </message>
    <message>
        <source>Scores, the oldest first</source>
        <translation>得分，由早到晚</translation>
    </message>
</context><context>
    <name>Library</name>
    <message>
        <source>Import a clip</source>
        <translation>导入视频</translation>
    </message>
    <message>
        <source>Your dances</source>
        <translation>我的舞蹈</translation>
    </message>
    <message>
        <source>Dance</source>
        <translation>开始跳</translation>
    </message>
    <message>
        <source>Practise</source>
        <translation>练习</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>重命名</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Choose a dance</source>
        <translation>选一支舞</translation>
    </message>
    <message>
        <source>Begin with ours, or drop a clip here.</source>
        <translation>从自带的舞开始，或把视频拖到这里。</translation>
    </message>
    <message>
        <source>Step in front of the camera</source>
        <translation>站到摄像头前</translation>
    </message>
    <message>
        <source>Two or three metres away, so that all of you is seen.</source>
        <translation>距离两三米，让全身入镜。</translation>
    </message>
    <message>
        <source>Dance along</source>
        <translation>跟着跳</translation>
    </message>
    <message>
        <source>You see limb by limb what was right and when. Nothing leaves this machine.</source>
        <translation>身体每个部位跳得对不对、准不准，一目了然。所有数据都留在本机。</translation>
    </message>
    <message>
        <source>Learn the first dance</source>
        <translation>学第一支舞</translation>
    </message>
    <message>
        <source>Learn a dance in front of a camera</source>
        <translation>对着摄像头，学会一支舞</translation>
    </message>
    <message>
        <source>Taking in {name} …</source>
        <translation>正在导入 {name} …</translation>
    </message>
    <message>
        <source>Clips</source>
        <translation>视频</translation>
    </message>
    <message>
        <source>Title</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Delete “{title}” with all its takes and figures? This cannot be undone.</source>
        <translation>要删除“{title}”以及它的全部记录和数据吗？此操作无法撤销。</translation>
    </message>
    <message>
        <source>{n} bpm</source>
        <translation>{n} 拍/分</translation>
    </message>
    <message>
        <source>1 take</source>
        <translation>练过 1 次</translation>
    </message>
    <message>
        <source>{n} takes</source>
        <translation>练过 {n} 次</translation>
    </message>
    <message>
        <source>best score</source>
        <translation>最高分</translation>
    </message>
</context><context>
    <name>Moments</name>
    <message>
        <source>Best</source>
        <translation>最佳</translation>
    </message>
    <message>
        <source>To work on</source>
        <translation>待改进</translation>
    </message>
</context><context>
    <name>Pair</name>
    <message>
        <source>Reference</source>
        <translation>示范</translation>
    </message>
    <message>
        <source>You</source>
        <translation>你</translation>
    </message>
</context><context>
    <name>Parts</name>
    <message>
        <source>left arm</source>
        <translation>左臂</translation>
    </message>
    <message>
        <source>right arm</source>
        <translation>右臂</translation>
    </message>
    <message>
        <source>left leg</source>
        <translation>左腿</translation>
    </message>
    <message>
        <source>right leg</source>
        <translation>右腿</translation>
    </message>
    <message>
        <source>arms</source>
        <translation>双臂</translation>
    </message>
    <message>
        <source>legs</source>
        <translation>双腿</translation>
    </message>
    <message>
        <source>head</source>
        <translation>头部</translation>
    </message>
    <message>
        <source>torso</source>
        <translation>躯干</translation>
    </message>
    <message>
        <source>left upper arm</source>
        <translation>左上臂</translation>
    </message>
    <message>
        <source>right upper arm</source>
        <translation>右上臂</translation>
    </message>
    <message>
        <source>left forearm</source>
        <translation>左前臂</translation>
    </message>
    <message>
        <source>right forearm</source>
        <translation>右前臂</translation>
    </message>
    <message>
        <source>left hand</source>
        <translation>左手</translation>
    </message>
    <message>
        <source>right hand</source>
        <translation>右手</translation>
    </message>
    <message>
        <source>left thigh</source>
        <translation>左大腿</translation>
    </message>
    <message>
        <source>right thigh</source>
        <translation>右大腿</translation>
    </message>
    <message>
        <source>left shin</source>
        <translation>左小腿</translation>
    </message>
    <message>
        <source>right shin</source>
        <translation>右小腿</translation>
    </message>
    <message>
        <source>left foot</source>
        <translation>左脚</translation>
    </message>
    <message>
        <source>right foot</source>
        <translation>右脚</translation>
    </message>
    <message>
        <source>feet</source>
        <translation>双脚</translation>
    </message>
    <message>
        <source>hands</source>
        <translation>双手</translation>
    </message>
    <message>
        <source>forearms</source>
        <translation>双前臂</translation>
    </message>
    <message>
        <source>upper arms</source>
        <translation>双上臂</translation>
    </message>
    <message>
        <source>thighs</source>
        <translation>双大腿</translation>
    </message>
    <message>
        <source>shins</source>
        <translation>双小腿</translation>
    </message>
</context><context>
    <name>Perform</name>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Restart</source>
        <translation>重来</translation>
    </message>
    <message>
        <source>View</source>
        <translation>视图</translation>
    </message>
    <message>
        <source>You and the reference</source>
        <translation>你和示范</translation>
    </message>
    <message>
        <source>Camera on, recording</source>
        <translation>摄像头已开启，正在录制</translation>
    </message>
    <message>
        <source>Camera on</source>
        <translation>摄像头已开启</translation>
    </message>
    <message>
        <source>Eight {k} of {n}</source>
        <translation>第 {k} 个八拍，共 {n} 个</translation>
    </message>
    <message>
        <source>{n} in a row</source>
        <translation>连续 {n} 次</translation>
    </message>
    <message>
        <source>{ms} ms late</source>
        <translation>慢 {ms} 毫秒</translation>
    </message>
    <message>
        <source>{ms} ms early</source>
        <translation>快 {ms} 毫秒</translation>
    </message>
    <message>
        <source>on time</source>
        <translation>合拍</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Opening the camera …</source>
        <translation>正在打开摄像头 …</translation>
    </message>
    <message>
        <source>Completing your take …</source>
        <translation>正在保存 …</translation>
    </message>
</context><context>
    <name>Practise</name>
    <message>
        <source>From</source>
        <translation>从</translation>
    </message>
    <message>
        <source>To</source>
        <translation>到</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>速度</translation>
    </message>
    <message>
        <source>Mirror the reference</source>
        <translation>镜像示范</translation>
    </message>
    <message>
        <source>Wait for me</source>
        <translation>等等我</translation>
    </message>
    <message>
        <source>Eights of counts</source>
        <translation>第几个八拍</translation>
    </message>
    <message>
        <source>Options</source>
        <translation>选项</translation>
    </message>
    <message>
        <source>Passages of 4 s</source>
        <translation>第几个 4 秒</translation>
    </message>
</context><context>
    <name>Problem</name>
    <message>
        <source>We cannot read “{name}” as a video. Choose another clip, or convert it to mp4.</source>
        <translation>无法把“{name}”当作视频读取。请换一个片段，或转换成 mp4。</translation>
    </message>
    <message>
        <source>The clip “{name}” is not there any more. Choose it again.</source>
        <translation>片段“{name}”已经不在原处，请重新选择。</translation>
    </message>
    <message>
        <source>The clip “{name}” is empty. Copy or record it again.</source>
        <translation>片段“{name}”是空的，请重新复制或录制。</translation>
    </message>
    <message>
        <source>“{name}” is a folder. Drop the clips inside it.</source>
        <translation>“{name}”是文件夹，请拖入其中的片段。</translation>
    </message>
    <message>
        <source>You may not read the clip “{name}”. Copy it to your own folder.</source>
        <translation>你没有读取片段“{name}”的权限，请先复制到自己的文件夹。</translation>
    </message>
    <message>
        <source>There is no picture in “{name}”. Choose a video that shows the dancer.</source>
        <translation>“{name}”里没有画面，请选择能看到舞者的视频。</translation>
    </message>
    <message>
        <source>We cannot read “{name}” as a dance. Export it again where it came from.</source>
        <translation>无法把“{name}”当作舞蹈读取，请在原来的机器上重新导出。</translation>
    </message>
    <message>
        <source>The clip “{name}” is in your library already.</source>
        <translation>片段“{name}”已经在你的舞蹈库里。</translation>
    </message>
    <message>
        <source>We cannot find the camera “{name}”. Plug it in, or choose another.</source>
        <translation>找不到摄像头“{name}”。请接上它，或换一个。</translation>
    </message>
    <message>
        <source>The camera “{name}” is used by another program. Close that one, and try again.</source>
        <translation>摄像头“{name}”正被其他程序占用。请关闭那个程序后再试。</translation>
    </message>
    <message>
        <source>You may not use the camera “{name}”. Add yourself to the group video and log in again.</source>
        <translation>你没有使用摄像头“{name}”的权限。请把自己加入 video 用户组，然后重新登录。</translation>
    </message>
    <message>
        <source>The camera “{name}” sends no picture. Unplug it, plug it in, and try again.</source>
        <translation>摄像头“{name}”没有传来画面。请拔下重插后再试。</translation>
    </message>
    <message>
        <source>No sound can be played here. Turn on the system's sound, or go on without.</source>
        <translation>这里无法播放声音。请打开系统声音，或不用声音继续。</translation>
    </message>
    <message>
        <source>The speaker “{name}” is not there. Choose another one.</source>
        <translation>找不到扬声器“{name}”，请换一个。</translation>
    </message>
    <message>
        <source>We could not see you in this take. Dance it again, all of you in the picture, in good light.</source>
        <translation>这次录制里没能看到你。请在明亮处、全身入镜，再跳一次。</translation>
    </message>
    <message>
        <source>The disk is full. Make room, and try again.</source>
        <translation>磁盘已满。请腾出空间后再试。</translation>
    </message>
    <message>
        <source>This cannot be written there. Choose another folder or make room on the disk.</source>
        <translation>无法写入那里。请换一个文件夹，或腾出磁盘空间。</translation>
    </message>
    <message>
        <source>The model that sees you cannot be used. Choose another one in the settings.</source>
        <translation>识别模型无法使用，请在设置里换一个。</translation>
    </message>
    <message>
        <source>The model of your settings is not there. Choose another one.</source>
        <translation>设置中的模型不存在，请换一个。</translation>
    </message>
    <message>
        <source>A setting cannot be used. Choose another value in the settings.</source>
        <translation>有一项设置无法使用，请在“设置”中另选一个值。</translation>
    </message>
    <message>
        <source>A camera or a speaker cannot be used. Choose another one in the set-up.</source>
        <translation>摄像头或扬声器无法使用，请在准备页面另选一个。</translation>
    </message>
    <message>
        <source>Your library cannot be changed. See that its folder can be written and has room, and try again.</source>
        <translation>舞蹈库无法更改。请确认其文件夹可以写入且空间足够，然后重试。</translation>
    </message>
    <message>
        <source>Your library is damaged. Close the window and open it again.</source>
        <translation>舞蹈库已损坏，请关闭窗口后重新打开。</translation>
    </message>
    <message>
        <source>Something went wrong that is our fault. Close the window and open it again.</source>
        <translation>程序出了差错，不怪你。请关闭窗口后重新打开。</translation>
    </message>
    <message>
        <source>Your library is open in another window, so nothing can be changed here.</source>
        <translation>舞蹈库已在另一个窗口打开，这里无法更改。</translation>
    </message>
    <message>
        <source>That is not in your library any more.</source>
        <translation>它已经不在你的舞蹈库里了。</translation>
    </message>
    <message>
        <source>A device went away. Plug it in, and try again.</source>
        <translation>有设备断开了。请重新接上后再试。</translation>
    </message>
    <message>
        <source>Your library was damaged. Its backup has taken its place; nothing else needs to be done.</source>
        <translation>舞蹈库曾损坏，已用备份恢复，无需其他操作。</translation>
    </message>
    <message>
        <source>Your library and its backup were damaged. Dances and takes were read anew from their folders.</source>
        <translation>舞蹈库和备份都已损坏，已从文件夹重新读取舞蹈和记录。</translation>
    </message>
    <message>
        <source>A take was cut off before its end. Score or delete it in History.</source>
        <translation>有一次录制中途断开。可在“历史”中评分或删除。</translation>
    </message>
    <message>
        <source>A take's video was not kept and is deleted. Its figures stay.</source>
        <translation>有一次录制的视频没有保留，已删除，成绩仍在。</translation>
    </message>
    <message>
        <source>Your library is open in another window, so you can look and dance, but nothing is kept here.</source>
        <translation>舞蹈库已在另一个窗口打开：这里可以浏览和跳舞，但不会保存。</translation>
    </message>
    <message>
        <source>Your library's folder cannot be written, so you can look and dance, but nothing is kept.</source>
        <translation>舞蹈库的文件夹无法写入：可以浏览和跳舞，但不会保存。</translation>
    </message>
    <message>
        <source>{n} takes were cut off before their end. Score or delete them in History.</source>
        <translation>有 {n} 次录制中途断开。可在“历史”中评分或删除。</translation>
    </message>
    <message>
        <source>The videos of {n} takes were not kept and are deleted. Their figures stay.</source>
        <translation>有 {n} 次录制的视频没有保留，已删除，成绩仍在。</translation>
    </message>
</context><context>
    <name>Review</name>
    <message>
        <source>{limb} {n} ms late</source>
        <translation>{limb}慢 {n} 毫秒</translation>
    </message>
    <message>
        <source>{limb} {n} ms early</source>
        <translation>{limb}快 {n} 毫秒</translation>
    </message>
    <message>
        <source>{n} ms late in places</source>
        <translation>部分段落慢 {n} 毫秒</translation>
    </message>
    <message>
        <source>{n} ms early in places</source>
        <translation>部分段落快 {n} 毫秒</translation>
    </message>
    <message>
        <source>{share} times the tempo in places</source>
        <translation>部分段落速度为 {share} 倍</translation>
    </message>
    <message>
        <source>{n} ms late, ± {half} ms</source>
        <translation>慢 {n} 毫秒，± {half} 毫秒</translation>
    </message>
    <message>
        <source>{n} ms early, ± {half} ms</source>
        <translation>快 {n} 毫秒，± {half} 毫秒</translation>
    </message>
    <message>
        <source>Shape</source>
        <translation>动作</translation>
    </message>
    <message>
        <source>Timing</source>
        <translation>节奏</translation>
    </message>
    <message>
        <source>Seen</source>
        <translation>可见</translation>
    </message>
    <message>
        <source>Each arrival of a hand or foot counts by how near it is to the reference's. A limb that is late by itself counts, and so does a passage at another speed.</source>
        <translation>手脚每次到位时，离示范越近得分越高。某个部位单独慢了，或某段速度不同，都会计入。</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>播放</translation>
    </message>
    <message>
        <source>The video of this take was not kept. Its figures stay in your history.</source>
        <translation>这次的视频没有保留，数据仍在历史中。</translation>
    </message>
    <message>
        <source>Library</source>
        <translation>舞蹈库</translation>
    </message>
    <message>
        <source>Delete take</source>
        <translation>删除记录</translation>
    </message>
    <message>
        <source>Keep the video</source>
        <translation>保留视频</translation>
    </message>
    <message>
        <source>Export video</source>
        <translation>导出视频</translation>
    </message>
    <message>
        <source>More</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>Share card</source>
        <translation>分享卡片</translation>
    </message>
    <message>
        <source>Dance again</source>
        <translation>再跳一次</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Writing the video …</source>
        <translation>正在导出视频 …</translation>
    </message>
    <message>
        <source>Side by side, each at its own speed</source>
        <translation>并排，各自原速</translation>
    </message>
    <message>
        <source>The reference in a corner</source>
        <translation>示范放在角落</translation>
    </message>
    <message>
        <source>The reference as a ghost</source>
        <translation>示范半透明叠加</translation>
    </message>
    <message>
        <source>Make faces unrecognisable</source>
        <translation>模糊面部</translation>
    </message>
    <message>
        <source>Looking at your take …</source>
        <translation>正在分析你的舞蹈 …</translation>
    </message>
    <message>
        <source>This take could not be scored.</source>
        <translation>这次没能评分。</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Written: {path}</source>
        <translation>已保存：{path}</translation>
    </message>
    <message>
        <source>The video is kept with its take.</source>
        <translation>录像已随这次记录保存。</translation>
    </message>
    <message>
        <source>Delete this take with its video and its figures? This cannot be undone.</source>
        <translation>要删除这条记录以及它的视频和数据吗？此操作无法撤销。</translation>
    </message>
</context><context>
    <name>Settings</name>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>窗口</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>Text size</source>
        <translation>文字大小</translation>
    </message>
    <message>
        <source>Motion</source>
        <translation>动画</translation>
    </message>
    <message>
        <source>Reduce motion</source>
        <translation>减少动画</translation>
    </message>
    <message>
        <source>Small, 360p</source>
        <translation>小，360p</translation>
    </message>
    <message>
        <source>Normal, 720p</source>
        <translation>标准，720p</translation>
    </message>
    <message>
        <source>Large, 1080p</source>
        <translation>大，1080p</translation>
    </message>
    <message>
        <source>Beside you</source>
        <translation>在旁边</translation>
    </message>
    <message>
        <source>As a ghost</source>
        <translation>半透明叠加</translation>
    </message>
    <message>
        <source>Not at all</source>
        <translation>不显示</translation>
    </message>
    <message>
        <source>Stage</source>
        <translation>舞台</translation>
    </message>
    <message>
        <source>Camera picture</source>
        <translation>摄像头画面</translation>
    </message>
    <message>
        <source>Show the reference</source>
        <translation>显示示范</translation>
    </message>
    <message>
        <source>The best for this machine</source>
        <translation>最适合本机</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Find out</source>
        <translation>自动识别</translation>
    </message>
    <message>
        <source>As in a mirror</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>As it is</source>
        <translation>原样</translation>
    </message>
    <message>
        <source>Strict</source>
        <translation>严格</translation>
    </message>
    <message>
        <source>Normal</source>
        <translation>标准</translation>
    </message>
    <message>
        <source>Lenient</source>
        <translation>宽松</translation>
    </message>
    <message>
        <source>Very lenient</source>
        <translation>非常宽松</translation>
    </message>
    <message>
        <source>Seeing and scoring</source>
        <translation>识别与评分</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Runs on</source>
        <translation>运行于</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>线程数</translation>
    </message>
    <message>
        <source>You dance</source>
        <translation>跳舞方向</translation>
    </message>
    <message>
        <source>Timing is judged</source>
        <translation>节奏判定</translation>
    </message>
    <message>
        <source>Not measured</source>
        <translation>未测量</translation>
    </message>
    <message>
        <source>Calibrate</source>
        <translation>校准</translation>
    </message>
    <message>
        <source>Delays</source>
        <translation>延迟</translation>
    </message>
    <message>
        <source>Only when I say so</source>
        <translation>仅在我要求时</translation>
    </message>
    <message>
        <source>For some days</source>
        <translation>保留若干天</translation>
    </message>
    <message>
        <source>Always</source>
        <translation>始终</translation>
    </message>
    <message>
        <source> days</source>
        <translation> 天</translation>
    </message>
    <message>
        <source>Privacy</source>
        <translation>隐私</translation>
    </message>
    <message>
        <source>Keep videos of takes</source>
        <translation>保留视频</translation>
    </message>
    <message>
        <source>How long</source>
        <translation>保留多久</translation>
    </message>
    <message>
        <source>Everything is in</source>
        <translation>所有数据位于</translation>
    </message>
</context><context>
    <name>Setup</name>
    <message>
        <source>Picture of the camera</source>
        <translation>摄像头画面</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>Sound</source>
        <translation>声音</translation>
    </message>
    <message>
        <source>Play two notes</source>
        <translation>播放两个音</translation>
    </message>
    <message>
        <source>Calibrate</source>
        <translation>校准</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>开始</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>返回</translation>
    </message>
    <message>
        <source>{length} long. Stand where all of you is seen.</source>
        <translation>时长 {length}。请站到能看到全身的位置。</translation>
    </message>
    <message>
        <source>Test dancer</source>
        <translation>测试舞者</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>No sound</source>
        <translation>无声音</translation>
    </message>
    <message>
        <source>Play two notes and listen.</source>
        <translation>播放两个音，听一听。</translation>
    </message>
    <message>
        <source>Two notes are playing …</source>
        <translation>正在播放两个音……</translation>
    </message>
    <message>
        <source>You will dance without sound.</source>
        <translation>将在没有声音的情况下跳舞。</translation>
    </message>
    <message>
        <source>Played on {name}. Nothing heard? Turn it up, or choose another one.</source>
        <translation>已在“{name}”上播放。没听到？请调大音量，或换一个输出。</translation>
    </message>
    <message>
        <source>This output plays nothing. Choose another one, or dance without sound.</source>
        <translation>这个输出放不出声音。请换一个，或者在没有声音的情况下跳。</translation>
    </message>
    <message>
        <source>Looking at the light …</source>
        <translation>正在检查光线 …</translation>
    </message>
    <message>
        <source>Opening the camera …</source>
        <translation>正在打开摄像头 …</translation>
    </message>
    <message>
        <source>The camera works.</source>
        <translation>摄像头正常。</translation>
    </message>
    <message>
        <source>Camera on</source>
        <translation>摄像头已开启</translation>
    </message>
    <message>
        <source>No picture</source>
        <translation>没有画面</translation>
    </message>
</context><context>
    <name>Shell</name>
    <message>
        <source>Library</source>
        <translation>舞蹈库</translation>
    </message>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
</context><context>
    <name>Splash</name>
    <message>
        <source>Preparing the arithmetic …</source>
        <translation>正在准备计算 …</translation>
    </message>
    <message>
        <source>Loading the model that sees you …</source>
        <translation>正在加载识别模型 …</translation>
    </message>
</context><context>
    <name>Timeline</name>
    <message>
        <source>Timeline: arrows walk, plus and minus zoom</source>
        <translation>时间线：方向键移动，加减键缩放</translation>
    </message>
    <message>
        <source>Click to look at a moment. The wheel zooms.</source>
        <translation>点击查看某一刻，滚轮缩放。</translation>
    </message>
</context><context>
    <name>Told</name>
    <message>
        <source>We could not match this take with the reference. Dance it once more, all of you seen.</source>
        <translation>没能把这次和示范对上。请让全身入镜，再跳一次。</translation>
    </message>
    <message>
        <source>You were with the music, and no limb fell behind. Make every shape as large as the reference's.</source>
        <translation>你一直跟着音乐，没有部位落后。试着把每个动作做得和示范一样舒展。</translation>
    </message>
    <message>
        <source> from {a} to {b} s</source>
        <translation>（{a} 到 {b} 秒）</translation>
    </message>
    <message>
        <source>Your {limb} was {n} ms late{when}.</source>
        <translation>你的{limb}慢了 {n} 毫秒{when}。</translation>
    </message>
    <message>
        <source>Your {limb} was {n} ms early{when}.</source>
        <translation>你的{limb}快了 {n} 毫秒{when}。</translation>
    </message>
    <message>
        <source>You were {n} ms late{when}.</source>
        <translation>你整体慢了 {n} 毫秒{when}。</translation>
    </message>
    <message>
        <source>You were {n} ms early{when}.</source>
        <translation>你整体快了 {n} 毫秒{when}。</translation>
    </message>
    <message>
        <source>You danced at {share} times the tempo{when}.</source>
        <translation>你的速度是原速的 {share} 倍{when}。</translation>
    </message>
    <message>
        <source>You stood still for {share} s.</source>
        <translation>你停顿了 {share} 秒。</translation>
    </message>
    <message>
        <source>You left out {share} s.</source>
        <translation>你跳过了 {share} 秒。</translation>
    </message>
    <message>
        <source>Your {limb} left the reference's line{when}; repeat that slowly.</source>
        <translation>你的{limb}偏离了示范{when}，放慢再练一遍。</translation>
    </message>
    <message>
        <source>Not seen well</source>
        <translation>看得不够清楚</translation>
    </message>
    <message>
        <source>{n} ms late</source>
        <translation>慢 {n} 毫秒</translation>
    </message>
    <message>
        <source>{n} ms early</source>
        <translation>快 {n} 毫秒</translation>
    </message>
    <message>
        <source>A clip ends before it should: only the {n} s that can be read are used.</source>
        <translation>有一个视频提前结束：只使用了能读取的 {n} 秒。</translation>
    </message>
    <message>
        <source>The shorter clip lasts {n} s; film at least 3 s.</source>
        <translation>较短的视频只有 {n} 秒；请至少拍 3 秒。</translation>
    </message>
    <message>
        <source>The two cameras look from {n} degrees apart; film from nearer to the reference's side.</source>
        <translation>两台摄像机的方向相差 {n} 度；请从更接近示范的方向拍摄。</translation>
    </message>
    <message>
        <source>It is not clear whether you danced in a mirror; say so in the settings.</source>
        <translation>看不出你是否照镜子跳；请在设置里选定。</translation>
    </message>
    <message>
        <source>We could not see your {parts}. Step back, so that all of you is in the picture.</source>
        <translation>没能看清你的{parts}。请后退一些，让全身都在画面里。</translation>
    </message>
    <message>
        <source>We could see only part of you. Step back until all of you is in the picture.</source>
        <translation>只看到你身体的一部分。请后退，直到全身都在画面里。</translation>
    </message>
    <message>
        <source>{n} % of the dance was found in your take. Dance it to the end.</source>
        <translation>这一遍里只找到舞蹈的 {n}%。请跳到最后。</translation>
    </message>
    <message>
        <source>There is little movement in this dance, so early and late are less exact.</source>
        <translation>这段舞蹈动作较少，所以早晚的判断不够精确。</translation>
    </message>
    <message>
        <source>This model sees outlines only, so early and late are less exact.</source>
        <translation>这个模型只看轮廓，所以早晚的判断不够精确。</translation>
    </message>
    <message>
        <source>We could compare {n} % of the dance. Dance from the first to the last count, in good light.</source>
        <translation>只比对了舞蹈的 {n}%。请在光线好的地方从第一拍跳到最后一拍。</translation>
    </message>
    <message>
        <source>Timing is good to {n} ms here. A faster or steadier camera would tell you more.</source>
        <translation>这里的时间精度为 {n} 毫秒。更快、更稳的摄像头能看得更细。</translation>
    </message>
    <message>
        <source>You danced it as in a mirror, so we compared your left with the reference's right.</source>
        <translation>你是照镜子跳的，所以用你的左边对比示范的右边。</translation>
    </message>
    <message>
        <source>, </source>
        <translation>、</translation>
    </message>
</context></TS>
